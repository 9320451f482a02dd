package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"pgregory.net/rapid"

	"github.com/annals-es/annals/internal/httpapi"
)

// readBody is a type of bodies, with its schema.
type readBody struct {
	typ    reflect.Type
	schema *huma.Schema
}

func bodies() []readBody {
	var all []readBody
	for _, t := range []reflect.Type{
		reflect.TypeFor[OpenAccount](), reflect.TypeFor[DepositMoney](), reflect.TypeFor[WithdrawMoney](), reflect.TypeFor[TransferMoney](), reflect.TypeFor[CreateOrder](),
		reflect.TypeFor[Item](), reflect.TypeFor[ShippingAddress](), reflect.TypeFor[ReceivePayment](), reflect.TypeFor[ShipOrder](),
		reflect.TypeFor[ListProduct](), reflect.TypeFor[ReceiveStock](), reflect.TypeFor[ChangePrice](), reflect.TypeFor[struct{}](),
	} {
		all = append(all, readBody{t, registry.Schema(t, false, "")})
	}
	return all
}

var registry = httpapi.NewSchemas(service())

// check fails where the schema lets pass what the type does not hold as the schema saw it.
func (b readBody) check(t interface{ Fatalf(string, ...any) }, text string) (passed bool) {
	typ := b.typ
	seen, err := validated(b.schema, text)
	if err != nil {
		return false
	}
	got := reflect.New(typ)
	if err := httpapi.Unmarshal([]byte(text), got.Interface()); err != nil {
		t.Fatalf("%s %s: validated, and not decoded: %v", typ.Name(), text, err)
	}
	again, err := json.Marshal(got.Interface())
	if err != nil {
		t.Fatalf("%s %s: %v", typ.Name(), text, err)
	}
	held, err := validated(b.schema, string(again))
	if err != nil {
		t.Fatalf("%s %s: validated, and decoded as %s: %v", typ.Name(), text, again, err)
	}
	if same := withoutEmpty(seen); !reflect.DeepEqual(same, withoutEmpty(held)) {
		t.Fatalf("%s: validated %v, and decoded %v", typ.Name(), same, held)
	}
	return true
}

// validated reads a text as huma does, and returns what passes the schema.
func validated(schema *huma.Schema, text string) (any, error) {
	var seen any
	if err := httpapi.Unmarshal([]byte(text), &seen); err != nil {
		return nil, err
	}
	var found huma.ValidateResult
	huma.Validate(registry, schema, huma.NewPathBuffer([]byte{}, 0), huma.ModeWriteToServer, seen, &found)
	if len(found.Errors) > 0 {
		return nil, fmt.Errorf("%v", found.Errors)
	}
	return seen, nil
}

// withoutEmpty leaves out the members that a type leaves out when they are empty.
func withoutEmpty(v any) any {
	switch v := v.(type) {
	case map[string]any:
		left := map[string]any{}
		for name, member := range v {
			if list, ok := member.([]any); member == "" || ok && len(list) == 0 {
				continue
			}
			left[name] = withoutEmpty(member)
		}
		return left
	case []any:
		for i := range v {
			v[i] = withoutEmpty(v[i])
		}
	}
	return v
}

// TestWhatIsValidatedIsWhatIsDecoded draws bodies with every trick that is known: members twice, null, in other cases and
// spellings, numbers in all forms, texts of all kinds.
func TestWhatIsValidatedIsWhatIsDecoded(t *testing.T) {
	t.Parallel()
	all := bodies()
	passed := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		for _, b := range all {
			for range 20 {
				if b.check(t, drawBody(t, b.schema)) {
					passed[b.typ.Name()]++
				}
			}
		}
	})
	if len(passed) != len(all) {
		t.Errorf("valid were %v", passed)
	}
}

// drawBody draws a text for a schema, mostly one that it lets pass.
func drawBody(t *rapid.T, schema *huma.Schema) string {
	for schema.Ref != "" {
		schema = registry.SchemaFromRef(schema.Ref)
	}
	if rapid.IntRange(0, 39).Draw(t, "wrong") == 39 { // rare: small numbers are drawn most
		return rapid.SampledFrom([]string{`null`, `"a#b"`, `"\ud800"`, `0`, `[]`, `{}`, `[null]`, `true`, `1e400`, `"` + strings.Repeat("x", 1500) + `"`}).Draw(t, "value")
	}
	switch schema.Type {
	case huma.TypeObject:
		var members []string
		for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
			for range rapid.SampledFrom([]int{1, 1, 1, 1, 1, 1, 1, 1, 0, 2}).Draw(t, "times") {
				members = append(members, drawName(t, name)+": "+drawBody(t, schema.Properties[name]))
			}
		}
		return "{" + strings.Join(rapid.Permutation(members).Draw(t, "order"), ",") + "}"
	case huma.TypeArray:
		var items []string
		for range rapid.IntRange(0, 3).Draw(t, "items") {
			items = append(items, drawBody(t, schema.Items))
		}
		return "[" + strings.Join(items, ",") + "]"
	case huma.TypeInteger:
		return rapid.SampledFrom([]string{"1", "2.0", "2e1", "-0", "0.5", "1.00000000000000000001", "9007199254740993", "1e18", "1E+19", "-9223372036854775808"}).Draw(t, "number")
	}
	return rapid.SampledFrom([]string{`"USD"`, `"U\u0053D"`, `"a-1"`, `"a@b"`, `"\u00e9\ud83d\ude00"`, `" "`, `""`, `"a/b"`}).Draw(t, "text")
}

// drawName draws a way to write the name of a member.
func drawName(t *rapid.T, name string) string {
	switch rapid.IntRange(0, 29).Draw(t, "name") {
	case 27:
		name = strings.ToUpper(name)
	case 28:
		name += "x"
	case 29:
		return fmt.Sprintf(`"\u%04x%s"`, name[0], name[1:])
	}
	return `"` + name + `"`
}

// FuzzBody: as TestWhatIsValidatedIsWhatIsDecoded, for texts of any kind.
func FuzzBody(f *testing.F) {
	f.Add(`{"accountId":"a#b/../c d","accountId":null,"ownerName":"A","initialDeposit":{"amount":"1","currency":"USD"}}`)
	f.Add(`{"customerId":"c","items":[{"productId":"p","quantity":2.0,"unitPrice":{"amount":"1","currency":"USD"}}]}`)
	f.Add(`{"amount":{"amount":"1","currency":"USD"},"description":"\ud83d\ude00"}`)
	f.Add("\ufeff{}")
	all := bodies()
	f.Fuzz(func(t *testing.T, text string) {
		for _, b := range all {
			b.check(t, text)
		}
	})
}
