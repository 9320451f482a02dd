package main

import (
	"testing"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

func TestCursorKey(t *testing.T) {
	same(t, "CursorKey", object{
		"Description":          "Seals the cursors of lists: with another one, those given out before are refused",
		"GenerateSecretString": object{"PasswordLength": 64.0, "ExcludePunctuation": true},
	}, arm64.resource(t, "CursorKey", "AWS::SecretsManager::Secret").Properties)
	for _, f := range annalsaws.Functions { // nobody else is told
		told, _ := arm64.resource(t, pascal(f)+"Function", "AWS::Lambda::Function").Properties["Environment"].(object)
		env, _ := told["Variables"].(object) // one is told nothing at all
		var want any
		if f == annalsaws.Query {
			want = object{"Fn::Join": list{"", list{"{{resolve:secretsmanager:", ref("CursorKey"), ":SecretString:::}}"}}}
		}
		same(t, string(f), want, env["CURSOR_KEY"])
	}
}
