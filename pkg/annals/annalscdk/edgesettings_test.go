package annalscdk

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestEdgeSettingsAreChecked(t *testing.T) {
	for text, want := range map[string]string{
		`{"issuer":"https://id.example.org"}`:               "issuer and audience are needed together",
		`{"audience":"annals"}`:                             "issuer and audience are needed together",
		`{"issuer":"http://id.example.org","audience":"a"}`: "issuer is",
		`{"issuer":"id.example.org","audience":"a"}`:        "issuer is",
		`{"issuer":7}`: "issuer is 7: it must be a string",
		`{"origins":"https://shop.example.org/"}`: "origins has",
		`{"origins":"*"}`:                         "origins has",
		`{"origins":"https://a.example,"}`:        `origins has ""`,
		`{"rate":0}`:                              "rate is 0",
		`{"rate":"many"}`:                         "rate is many",
		`{"docs":"no"}`:                           `docs is "no"`,
		`{"burst":1.5}`:                           "burst is 1.5",
		`{"burst":-1}`:                            "burst is -1",
		`{"domain":"api.example.org"}`:            "domain and certificate are needed together",
		`{"certificate":"arn:aws:acm:us-east-1:1:certificate/c"}`: "domain and certificate are needed together",
	} {
		var context map[string]any
		if err := json.Unmarshal([]byte(text), &context); err != nil {
			t.Fatal(err)
		}
		if _, err := readSettings(context); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("settings %s: %v, want an error with %s", text, err, want)
		}
	}
}

func TestEventBusSetting(t *testing.T) {
	for _, wrong := range []any{"shop", "arn:aws:events:eu-west-1:123456789012:rule/shop", 1} {
		if _, err := readSettings(map[string]any{"eventBus": wrong}); err == nil ||
			!strings.Contains(err.Error(), "eventBus is ") {
			t.Errorf("eventBus %v: %v, want an error that names it", wrong, err)
		}
	}
}
