package pattern_test

import (
	"strings"
	"testing"

	"github.com/annals-es/annals/local/pattern"
)

const record = `{
	"eventID": "1", "eventName": "INSERT", "eventSource": "aws:dynamodb",
	"dynamodb": {
		"Keys": {"stream": {"S": "Order#7"}, "version": {"N": "3"}},
		"NewImage": {"status": {"S": "Shipped"}, "empty": {"S": ""}, "null": {"NULL": true}, "tags": {"SS": ["a", "b"]},
			"events": {"L": [{"M": {"type": {"S": "X"}}}, {"M": {"type": {"S": "Y"}}}]}},
		"SizeBytes": 120, "Nothing": null, "SequenceNumber": "111"
	}
}`

func TestMatch(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		`{"eventName":["INSERT"]}`:                                                                  true,
		`{"eventName":["MODIFY","INSERT"]}`:                                                         true,
		`{"eventName":["insert"]}`:                                                                  false,
		`{"eventName":["MODIFY","REMOVE"]}`:                                                         false,
		`{"eventName":[{"equals-ignore-case":"insert"}]}`:                                           true,
		`{"eventName":[{"prefix":"IN"}]}`:                                                           true,
		`{"eventName":[{"prefix":"NS"}]}`:                                                           false,
		`{"eventName":[{"suffix":"ERT"}]}`:                                                          true,
		`{"eventName":[{"anything-but":"INSERT"}]}`:                                                 false,
		`{"eventName":[{"anything-but":["MODIFY","REMOVE"]}]}`:                                      true,
		`{"eventName":[{"anything-but":{"prefix":"IN"}}]}`:                                          false,
		`{"eventName":[{"anything-but":{"suffix":"IN"}}]}`:                                          true,
		`{"dynamodb":{"Keys":{"stream":{"S":["Order#7"]}}}}`:                                        true,
		`{"dynamodb":{"Keys":{"stream":["Order#7"]}}}`:                                              false,
		`{"dynamodb":{"Keys":{"version":{"N":["3"]}}}}`:                                             true,
		`{"dynamodb":{"Keys":{"version":{"N":[3]}}}}`:                                               false,
		`{"dynamodb":{"Keys":{"version":{"N":[{"numeric":["=",3]}]}}}}`:                             false,
		`{"dynamodb":{"SizeBytes":[{"numeric":["=",120.0]}]}}`:                                      true,
		`{"dynamodb":{"SizeBytes":[121]}}`:                                                          false,
		`{"dynamodb":{"SizeBytes":[120]}}`:                                                          true,
		`{"dynamodb":{"SizeBytes":[{"numeric":[">",100,"<=",120]}]}}`:                               true,
		`{"dynamodb":{"SizeBytes":[{"numeric":[">",100,"<",120]}]}}`:                                false,
		`{"dynamodb":{"SizeBytes":[{"numeric":[">=",121]}]}}`:                                       false,
		`{"dynamodb":{"NewImage":{"missing":{"S":[{"exists":false}]}}}}`:                            true,
		`{"dynamodb":{"NewImage":{"missing":{"S":[{"exists":true}]}}}}`:                             false,
		`{"dynamodb":{"NewImage":{"status":{"S":[{"exists":true}]}}}}`:                              true,
		`{"dynamodb":{"NewImage":{"status":{"S":[{"exists":false}]}}}}`:                             false,
		`{"dynamodb":{"NewImage":{"missing":{"S":[{"anything-but":"x"}]}}}}`:                        false,
		`{"dynamodb":{"NewImage":{"empty":{"S":[""]}}}}`:                                            true,
		`{"dynamodb":{"Nothing":[null]}}`:                                                           true,
		`{"dynamodb":{"NewImage":{"missing":{"S":[null]}}}}`:                                        false,
		`{"dynamodb":{"NewImage":{"null":{"NULL":[true]}}}}`:                                        true,
		`{"dynamodb":{"NewImage":{"tags":{"SS":["b","c"]}}}}`:                                       true,
		`{"dynamodb":{"NewImage":{"tags":{"SS":["c"]}}}}`:                                           false,
		`{"dynamodb":{"NewImage":{"events":{"L":{"M":{"type":{"S":["Y"]}}}}}}}`:                     true,
		`{"dynamodb":{"NewImage":{"events":{"L":{"M":{"type":{"S":["Z"]}}}}}}}`:                     false,
		`{"eventName":["INSERT"],"dynamodb":{"NewImage":{"status":{"S":["Lost"]}}}}`:                false,
		`{"$or":[{"eventName":["MODIFY"]},{"dynamodb":{"NewImage":{"status":{"S":["Shipped"]}}}}]}`: true,
		`{"$or":[{"eventName":["MODIFY"]},{"dynamodb":{"NewImage":{"status":{"S":["Lost"]}}}}]}`:    false,
		`{"dynamodb":{"$or":[{"SizeBytes":[1]},{"SequenceNumber":["111"]}],` +
			`"Keys":{"stream":{"S":[{"prefix":"Order#"}]}}}}`: true,
		`{"dynamodb":{"$or":[{"SizeBytes":[1]},{"SequenceNumber":["111"]}],` +
			`"Keys":{"stream":{"S":[{"prefix":"order#"}]}}}}`: false,
	} {
		f, err := pattern.Compile([]string{text})
		if err != nil {
			t.Errorf("compile %s: %v", text, err)
			continue
		}
		if got := f.Match([]byte(record)); got != want {
			t.Errorf("pattern %s matches: %v, want %v", text, got, want)
		}
	}
}

func TestSeveralAreORed(t *testing.T) {
	t.Parallel()
	for want, texts := range map[bool][]string{
		true:  {`{"eventName":["MODIFY"]}`, `{"eventName":["INSERT"]}`},
		false: {`{"eventName":["MODIFY"]}`, `{"eventName":["REMOVE"]}`},
	} {
		f, err := pattern.Compile(texts)
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Match([]byte(record)); got != want {
			t.Errorf("patterns %v match: %v, want %v", texts, got, want)
		}
	}
	none, err := pattern.Compile(nil)
	if err != nil || !none.Match([]byte(record)) {
		t.Errorf("no filter holds records back: %v", err)
	}
}

func TestWhatIsNotKnownIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		``, `[]`, `{}`, `{"eventName":"INSERT"}`, `{"eventName":[]}`, `{"eventName":[["INSERT"]]}`,
		`{"eventName":[{"wildcard":"I*"}]}`,
		`{"eventName":[{"prefix":"I","suffix":"T"}]}`, `{"eventName":[{"prefix":1}]}`, `{"eventName":[{"exists":"yes"}]}`,
		`{"eventName":[{"anything-but":{"cidr":"::/0"}}]}`,
		`{"dynamodb":{"SizeBytes":[{"numeric":[">"]}]}}`, `{"dynamodb":{"SizeBytes":[{"numeric":["~",1]}]}}`,
		`{"dynamodb":{"SizeBytes":[{"numeric":[">","1"]}]}}`,
		`{"$or":[{"eventName":["INSERT"]}]}`, `{"eventSource":["aws:dynamodb"]}`,
		`{"eventName":["` + strings.Repeat("x", 4096) + `"]}`,
	} {
		if _, err := pattern.Compile([]string{text}); err == nil {
			t.Errorf("pattern %s: no error", text)
		}
	}
	if _, err := pattern.Compile(strings.Fields(strings.Repeat(`{"eventName":["INSERT"]} `, 6))); err == nil {
		t.Error("six patterns are accepted")
	}
}
