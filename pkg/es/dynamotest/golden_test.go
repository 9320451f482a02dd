package dynamotest

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/klauspost/compress/zstd"
)

// TestStored: each attribute type is encoded. The error for an unsupported or damaged attribute names it.
func TestStored(t *testing.T) {
	t.Parallel()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	pack := func(plain string) []byte { return w.EncodeAll([]byte(plain), nil) }
	b := func(data []byte) types.AttributeValue { return &types.AttributeValueMemberB{Value: data} }
	list := func(of ...types.AttributeValue) types.AttributeValue { return &types.AttributeValueMemberL{Value: of} }
	m := func(k types.AttributeValue) types.AttributeValue {
		return &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{"k": k}}
	}
	broken := b([]byte{0x28, 0xb5, 0x2f, 0xfd, 0xff})
	for want, value := range map[string]types.AttributeValue{
		`{"S":"x"}`:                           &types.AttributeValueMemberS{Value: "x"},
		`{"N":"1"}`:                           &types.AttributeValueMemberN{Value: "1"},
		`{"BOOL":true}`:                       &types.AttributeValueMemberBOOL{Value: true},
		`{"B":"AQI="}`:                        b([]byte{1, 2}),
		`{"B, unpacked":"text"}`:              b(pack("text")),
		`{"B, unpacked":"AAE="}`:              b(pack("\x00\x01")),
		`{"B, unpacked":{"a":"AAE=","b":[]}}`: b(pack(fmt.Sprintf(`{"b":[],"a":"%s"}`, base(pack("\x00\x01"))))),
		`{"SS":["a","b"]}`:                    &types.AttributeValueMemberSS{Value: []string{"b", "a"}},
		`{"M":{"k":{"N":"1"}}}`:               m(&types.AttributeValueMemberN{Value: "1"}),
		`{"L":[{"N":"1"}]}`:                   list(&types.AttributeValueMemberN{Value: "1"}),
		"unsupported attribute type":          &types.AttributeValueMemberNULL{},
		`attribute "k"`:                       m(&types.AttributeValueMemberNULL{}),
		`attribute "name"`:                    list(broken),
		"frame header":                        broken,
		"reserved":                            b(pack(fmt.Sprintf(`{"a":"%s"}`, base([]byte{0x28, 0xb5, 0x2f, 0xfd, 8})))),
	} {
		text, err := stored([]map[string]types.AttributeValue{{"name": value}})
		got := strings.Join(strings.Fields(string(text)), "")
		if want = strings.ReplaceAll(want, ", ", ","); err != nil {
			got, want = err.Error(), strings.ReplaceAll(want, "B,u", "B, u")
		}
		if !strings.Contains(got, want) {
			t.Errorf("%T is %s, want %s", value, got, want)
		}
	}
	two, err := stored([]map[string]types.AttributeValue{{"k": b([]byte{9})}, {"k": b([]byte{1})}})
	if err != nil || strings.Index(string(two), "CQ==") < strings.Index(string(two), "AQ==") {
		t.Errorf("items are not sorted: %s, %v", two, err)
	}
}

func base(b []byte) string { return base64.StdEncoding.EncodeToString(b) }
