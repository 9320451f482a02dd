package shop_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"path"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalshttp"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/shop"
	"github.com/annals-es/annals/shop/account"
)

// echo declares a command that answers with its body, as the decision receives it.
func echo[B any](all *[]string) annals.Part {
	name := reflect.TypeFor[B]().Name()
	*all = append(*all, name)
	nobody := func(B) annals.ID { return "nobody" }
	return annals.Transact("POST /"+name, annals.At(account.Aggregate, nobody),
		func(*annals.Tx, B) error { return nil }, func(_ *annals.Done, b B) (B, error) { return b, nil },
		annals.Named(strings.ToLower(name), ""))
}

// bodies are the types of the shop's bodies, with the commands that echo them.
var bodies = sync.OnceValues(func() (names []string, echoes http.Handler) {
	echoing := annals.New("echo", annals.Aggregate(account.Aggregate),
		echo[shop.OpenAccount](&names), echo[shop.DepositMoney](&names), echo[shop.WithdrawMoney](&names),
		echo[shop.TransferMoney](&names), echo[shop.CreateOrder](&names), echo[shop.Item](&names),
		echo[shop.ShippingAddress](&names), echo[shop.ReceivePayment](&names), echo[shop.ShipOrder](&names),
		echo[shop.ListProduct](&names), echo[shop.ReceiveStock](&names), echo[shop.ChangePrice](&names),
		echo[annals.None](&names),
	)
	running, err := echoing.Open(annals.Stores{Events: memstore.New()}, annals.Config{Executor: es.ExecutorConfig{}})
	if err == nil {
		echoes, err = annalshttp.Commands(running, annalshttp.Config{Log: slog.New(slog.DiscardHandler)})
	}
	if err != nil {
		panic(err)
	}
	return names, echoes
})

// checkBody fails if the schema accepts a body that the decision does not receive unchanged.
func checkBody(t interface{ Fatalf(string, ...any) }, name, text string) (passed bool) {
	_, echoes := bodies()
	r, w := httptest.NewRequest(http.MethodPost, "/"+name, strings.NewReader(text)), httptest.NewRecorder()
	r.Header.Set("Content-Type", "application/json")
	echoes.ServeHTTP(w, r)
	if w.Code == http.StatusBadRequest {
		return false
	}
	if w.Code != http.StatusOK {
		t.Fatalf("%s with %s: status %d, body %s; want 200", name, text, w.Code, w.Body)
	}
	if text == "" {
		return true
	}
	sent, err := parsed(text)
	if err != nil {
		t.Fatalf("%s %s: passed, and is no JSON: %v", name, text, err)
	}
	got, err := parsed(w.Body.String())
	if err != nil || !reflect.DeepEqual(sent, got) {
		t.Fatalf("%s: sent %v, and decoded %v, %v", name, sent, got, err)
	}
	return true
}

// parsed parses a JSON text, with numbers unchanged, without members that a type omits if they are empty.
func parsed(text string) (any, error) {
	var v any
	d := json.NewDecoder(bytes.NewBufferString(text))
	d.UseNumber()
	err := d.Decode(&v)
	return withoutEmpty(v), err
}

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
	case json.Number:
		n, _ := new(big.Rat).SetString(v.String())
		return n.String()
	}
	return v
}

// wholeBodies have every member.
var wholeBodies = map[string]string{
	"OpenAccount": `{"accountId":"a","ownerName":"Ada","email":"ada@example.com","initialDeposit":{"amount":"1",` +
		`"currency":"USD"}}`,
	"DepositMoney":  `{"amount":{"amount":"1","currency":"USD"},"description":"d"}`,
	"WithdrawMoney": `{"amount":{"amount":"1","currency":"USD"},"description":"d"}`,
	"TransferMoney": `{"fromAccountId":"a","toAccountId":"b","amount":{"amount":"1","currency":"USD"},"description":"d"}`,
	"CreateOrder": `{"orderId":"o","customerId":"c","items":[{"productId":"p","quantity":1,"unitPrice":{"amount":"1",` +
		`"currency":"USD"}}]}`,
	"Item":            `{"productId":"p","quantity":2e0,"unitPrice":{"amount":"1","currency":"USD"}}`,
	"ShippingAddress": `{"recipient":"A","line1":"1","line2":"2","city":"C","region":"R","postalCode":"P","country":"N"}`,
	"ReceivePayment":  `{"paymentId":"p","amount":{"amount":"1","currency":"USD"}}`,
	"ShipOrder":       `{"trackingNumber":"t"}`,
	"ListProduct":     `{"productId":"p","name":"Tea","unitPrice":{"amount":"1","currency":"USD"}}`,
	"ReceiveStock":    `{"quantity":1}`,
	"ChangePrice":     `{"unitPrice":{"amount":"1","currency":"USD"}}`,
	"None":            `{}`,
}

// TestWhatIsValidatedIsWhatIsDecoded draws bodies with every known trick: duplicate members, null, other cases and
// spellings of names, numbers in all forms, texts of all kinds.
func TestWhatIsValidatedIsWhatIsDecoded(t *testing.T) {
	t.Parallel()
	names, _ := bodies()
	schemas := documentOf(t).Components.Schemas
	schemas["None"] = schemas["ActingBody"]
	passed := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		for _, name := range names {
			for range 20 {
				if checkBody(t, name, drawBody(t, schemas, schemas[name])) {
					passed[name]++
				}
			}
		}
	})
	if passed["Item"] == 0 || passed["ReceiveStock"] == 0 {
		t.Errorf("valid bodies among those drawn: %v", passed)
	}
	for _, name := range names { // of some, hardly any that is drawn is valid
		if !checkBody(t, name, wholeBodies[name]) {
			t.Errorf("valid body of %s is refused: %s", name, wholeBodies[name])
		}
	}
}

// drawBody draws a text for a schema, mostly a valid one.
func drawBody(t *rapid.T, schemas map[string]schemaOf, schema schemaOf) string {
	for schema.Ref != "" {
		schema = schemas[path.Base(schema.Ref)]
	}
	if rapid.IntRange(0, 39).Draw(t, "wrong") == 39 { // rare: small numbers are drawn most
		return rapid.SampledFrom([]string{
			`null`, `"a#b"`, `"\ud800"`, `0`, `[]`, `{}`, `[null]`, `true`, `1e400`, `"` + strings.Repeat("x", 1500) + `"`,
		}).Draw(t, "value")
	}
	switch schema.Type {
	case "object":
		var members []string
		for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
			for range rapid.SampledFrom([]int{1, 1, 1, 1, 1, 1, 1, 1, 0, 2}).Draw(t, "times") {
				members = append(members, drawName(t, name)+": "+drawBody(t, schemas, schema.Properties[name]))
			}
		}
		return "{" + strings.Join(rapid.Permutation(members).Draw(t, "order"), ",") + "}"
	case "array":
		var items []string
		for range rapid.IntRange(0, 3).Draw(t, "items") {
			items = append(items, drawBody(t, schemas, *schema.Items))
		}
		return "[" + strings.Join(items, ",") + "]"
	case "integer":
		return rapid.SampledFrom([]string{
			"1", "2.0", "2e1", "-0", "0.5", "1.00000000000000000001",
			"9007199254740993", "1e18", "1E+19", "-9223372036854775808",
		}).Draw(t, "number")
	}
	return rapid.SampledFrom([]string{
		`"USD"`, `"U\u0053D"`, `"a-1"`, `"a@b"`, `"\u00e9\ud83d\ude00"`, `" "`, `""`, `"a/b"`, `"12.5"`,
	}).Draw(t, "text")
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

// FuzzBody: like TestWhatIsValidatedIsWhatIsDecoded, with texts of any kind.
func FuzzBody(f *testing.F) {
	f.Add(`{"accountId":"a#b/../c d","accountId":null,"ownerName":"A","initialDeposit":{"amount":"1","currency":"USD"}}`)
	f.Add(`{"customerId":"c","items":[{"productId":"p","quantity":2.0,"unitPrice":{"amount":"1","currency":"USD"}}]}`)
	f.Add(`{"amount":{"amount":"1","currency":"USD"},"description":"\ud83d\ude00"}`)
	f.Add("\ufeff{}")
	f.Fuzz(func(t *testing.T, text string) {
		names, _ := bodies()
		for _, name := range names {
			checkBody(t, name, text)
		}
	})
}
