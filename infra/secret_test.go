package main

import (
	"testing"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

func TestCursorKey(t *testing.T) {
	same(t, "CursorKey", object{
		"Description":          "Seals list cursors: another key makes earlier cursors invalid",
		"GenerateSecretString": object{"PasswordLength": 64.0, "ExcludePunctuation": true},
	}, arm64.resource(t, "CursorKey", "AWS::SecretsManager::Secret").Properties)
	for _, f := range annalsaws.Functions { // no other function gets it
		told, _ := arm64.resource(t, pascal(f)+"Function", "AWS::Lambda::Function").Properties["Environment"].(object)
		env, _ := told["Variables"].(object) // one function has no variables at all
		var want any
		if f == annalsaws.Query {
			want = object{"Fn::Join": list{"", list{"{{resolve:secretsmanager:", ref("CursorKey"), ":SecretString:::}}"}}}
		}
		same(t, string(f), want, env["CURSOR_KEY"])
	}
}
