package shop_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/annals-es/annals/pkg/annals/annalshttp"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/shop"
	"github.com/annals-es/annals/shop/money"
	"github.com/annals-es/annals/shop/rule"
)

var update = flag.Bool("update", false, "write what is reviewed into testdata: the OpenAPI document, golden states")

// schemaOf is a schema of the document.
type schemaOf struct {
	Ref              string `json:"$ref"`
	Type             any
	Items            *schemaOf
	Description      string
	Pattern          string
	Minimum, Maximum *int
	MaxLength        *int
	Properties       map[string]schemaOf
	Additional       any `json:"additionalProperties"`
}

// contract is the document, as the tests read it.
type contract struct {
	Components struct{ Schemas map[string]schemaOf }
	Paths      map[string]map[string]struct {
		OperationID string
		Parameters  []struct {
			In, Name string
			Schema   schemaOf
		}
		RequestBody bodyOf
		Responses   map[string]bodyOf
	}
}

// bodyOf is a body of requests or answers.
type bodyOf struct {
	Content map[string]struct {
		Schema struct {
			Ref string `json:"$ref"`
		}
	}
}

// names are the names of its schemas.
func (b bodyOf) names() (all []string) {
	for _, media := range b.Content {
		if media.Schema.Ref != "" {
			all = append(all, path.Base(media.Schema.Ref))
		}
	}
	return all
}

var documentText = sync.OnceValues(func() ([]byte, error) { return annalshttp.Document(shop.New().On()) })

func documentOf(t *testing.T) contract {
	t.Helper()
	text, err := documentText()
	if err != nil {
		t.Fatal(err)
	}
	var doc contract
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// headerOf is the schema of a header, or of another parameter, of an operation.
func headerOf(t *testing.T, operation, name string) schemaOf {
	t.Helper()
	for _, item := range documentOf(t).Paths {
		for _, op := range item {
			for _, p := range op.Parameters {
				if op.OperationID == operation && p.Name == name {
					return p.Schema
				}
			}
		}
	}
	t.Fatalf("%s has no parameter %s", operation, name)
	return schemaOf{}
}

// TestDocumentIsReviewed: a change of the document shows in testdata, where a reviewer sees it. That includes the names
// of schemas, which generated clients use.
func TestDocumentIsReviewed(t *testing.T) {
	t.Parallel()
	text, err := documentText()
	if err != nil {
		t.Fatal(err)
	}
	names := slices.Sorted(maps.Keys(documentOf(t).Components.Schemas))
	for file, got := range map[string][]byte{
		"testdata/openapi.json": append(bytes.Clone(text), '\n'),
		"testdata/schemas.txt":  []byte(strings.Join(names, "\n") + "\n"),
	} {
		if *update {
			if err := os.WriteFile(file, got, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what is served now: look at the difference after "+
				"go test ./shop -run TestDocumentIsReviewed -update", file)
		}
	}
}

// TestAnswersMayGrow: requests are closed and answers open, so that a generated client reads the answers of later
// versions.
func TestAnswersMayGrow(t *testing.T) {
	t.Parallel()
	doc := documentOf(t)
	closed := []string{"Item", "Money", "MoneyHeld", "ActingBody"} // and all bodies
	opened := []string{"Amount", "GatewayMessage", "Problem", "StoredEvent", "FieldError"}
	for _, item := range doc.Paths {
		for _, op := range item {
			closed = append(closed, op.RequestBody.names()...)
			for _, r := range op.Responses {
				opened = append(opened, r.names()...)
			}
		}
	}
	if len(closed) < 20 || len(opened) < 50 {
		t.Fatalf("the document has the bodies %v, answered with %v", closed, opened)
	}
	for _, name := range closed {
		if s, there := doc.Components.Schemas[name]; !there || s.Additional != false {
			t.Errorf("%s has additionalProperties %v: a request with another name is refused", name, s.Additional)
		}
	}
	for _, name := range opened {
		if s, there := doc.Components.Schemas[name]; !there || s.Additional != nil {
			t.Errorf("%s has additionalProperties %v: a later version can't add a member", name, s.Additional)
		}
	}
}

// TestDocumentIsStandard: the document has no keywords that only huma knows.
func TestDocumentIsStandard(t *testing.T) {
	t.Parallel()
	text, err := documentText()
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(text, []byte("patternDescription")) {
		t.Error("patternDescription is in no vocabulary of JSON Schema")
	}
	if at := headerOf(t, "deposit-money", "Occurred-At"); !strings.Contains(at.Description, "Must not be in the future") ||
		!strings.Contains(at.Description, "no leap second") {
		t.Errorf("the description of Occurred-At: %q", at.Description)
	}
}

// TestDocumentedPatterns: a pattern accepts everything that the service accepts, and rejects what is always refused.
func TestDocumentedPatterns(t *testing.T) {
	t.Parallel()
	doc := documentOf(t)
	amount := regexp.MustCompile(doc.Components.Schemas["Money"].Properties["amount"].Pattern)
	for _, text := range []string{
		"0", "1", "12.34", "-1", "00", "01", "1.", ".5", "+1", "1e2", "1,5", " 1", "1 ", "", "-", "١", "1\n",
	} {
		_, err := money.New(text, "USD")
		if got := amount.MatchString(text); got != (err == nil) {
			t.Errorf("amount %q: documented %v, read with %v", text, got, err)
		}
	}
	code := regexp.MustCompile(doc.Components.Schemas["MoneyHeld"].Properties["currency"].Pattern)
	for _, text := range []string{"USD", "DEM", "usd", "US", "USDX", "US1", "ÜSD"} {
		_, err := money.Held("1", text)
		if got := code.MatchString(text); got != (err == nil) {
			t.Errorf("currency %q: documented %v, read with %v", text, got, err)
		}
	}
	for _, name := range []string{"Consistency-Token", "after"} {
		token := regexp.MustCompile(headerOf(t, "get-account", name).Pattern)
		for _, text := range []string{"Account#a-1@3", "Account#a@1,Order#o@2", "A#b@1 , C#d@2", "A#b#c@d@9", "A#b@10"} {
			if !token.MatchString(text) {
				t.Errorf("%s: the document refuses %q", name, text)
			}
		}
		for _, text := range []string{
			"", ",", "Account", "Account#a", "Account#a@", "Account#a@0", "#a@1", "A#@1", "A#b@01", "A#b@1,",
		} {
			for place := range strings.SplitSeq(text, ",") {
				if _, err := es.ParseStreamVersion(place); err != nil {
					if token.MatchString(text) {
						t.Errorf("%s: the document lets %q pass", name, text)
					}
					break
				}
			}
		}
	}
	for _, body := range []string{"Item", "ReceiveStock"} {
		q := doc.Components.Schemas[body].Properties["quantity"]
		if q.Minimum == nil || q.Maximum == nil || *q.Minimum != 1 || *q.Maximum != rule.MaxQuantity {
			t.Errorf("%s.quantity is documented as %+v", body, q)
		}
	}
}
