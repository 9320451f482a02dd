package shop_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/shop"
)

// operations are the declared operations.
var operations = shop.New().On().Operations

// TestRoutes checks that the same routes are declared, served and documented.
func TestRoutes(t *testing.T) {
	t.Parallel()
	text, err := documentText()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			OperationID string
			Summary     string
			Parameters  []struct{ In, Name string }
		}
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.1.") {
		t.Errorf("version of OpenAPI: %q, want 3.1", doc.OpenAPI)
	}
	documented := 0
	for _, operations := range doc.Paths {
		documented += len(operations)
	}
	if documented != len(operations) {
		t.Errorf("%d operations are documented, %d declared", documented, len(operations))
	}
	// by whether it serves commands
	handlers := map[bool]http.Handler{true: newClient(t).handler, false: queries(t, memstore.New())}
	for _, route := range operations {
		op, there := doc.Paths[route.Path][strings.ToLower(route.Method)]
		if !there || op.OperationID != route.ID || op.Summary != route.Summary {
			t.Errorf("%s %s is documented as %+v", route.Method, route.Path, op)
		}
		inPath := 0
		for _, p := range op.Parameters {
			if p.In == "path" && strings.Contains(route.Path, "{"+p.Name+"}") {
				inPath++
			}
		}
		// huma passes over what it can't see, such as fields of unexported structs
		if inPath != strings.Count(route.Path, "{") {
			t.Errorf("%s %s has the parameters %+v", route.Method, route.Path, op.Parameters)
		}
		for commands, handler := range handlers {
			// A malformed query parameter is refused before the stores are read.
			r := httptest.NewRequestWithContext(t.Context(), route.Method,
				strings.NewReplacer("{", "", "}", "").Replace(route.Path)+"?x=1", nil)
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if served := w.Code == http.StatusBadRequest; served != (commands == route.Kind.Commands()) {
				t.Errorf("%s %s among commands, %v: %d", route.Method, route.Path, commands, w.Code)
			}
		}
	}
}

// TestStatusesAreDocumented checks that the document has each status that an operation answers with.
func TestStatusesAreDocumented(t *testing.T) {
	t.Parallel()
	text, err := documentText()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]struct{ Responses map[string]any }
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	statuses := func(r *annals.Operation) []string {
		var all []string
		for status := range doc.Paths[r.Path][strings.ToLower(r.Method)].Responses {
			all = append(all, status)
		}
		slices.Sort(all)
		return all
	}
	tests := []struct {
		operation, want string
	}{
		{"open-account", "201 400 401 403 404 409 413 415 422 429 431 500 503"},
		{"deposit-money", "200 400 401 403 404 409 412 413 415 422 429 431 500 503"},
		{"remove-item", "200 400 401 403 404 409 412 413 415 422 429 431 500 503"},
		{"transfer-money", "200 400 401 403 404 409 413 415 422 429 431 500 503"},
		{"get-order", "200 202 400 401 403 404 413 429 431 500 503"},
		{"list-orders", "200 202 400 401 403 404 413 429 431 500 503"},
		{"get-stream", "200 400 401 403 404 413 429 431 500 503"},
	}
	for _, tt := range tests {
		route := operations[slices.IndexFunc(operations, func(o *annals.Operation) bool { return o.ID == tt.operation })]
		if got := strings.Join(statuses(route), " "); got != tt.want {
			t.Errorf("statuses of %s: %s, want %s", tt.operation, got, tt.want)
		}
	}
}

// TestConsistencyIsDocumented checks that every query, and no command, accepts a token, and documents its answer
// headers.
func TestConsistencyIsDocumented(t *testing.T) {
	t.Parallel()
	text, err := documentText()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]struct {
			Parameters []struct{ In, Name string }
			Responses  map[string]struct {
				Headers map[string]any
				Content map[string]any
			}
		}
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	for _, route := range operations {
		op := doc.Paths[route.Path][strings.ToLower(route.Method)]
		var taken []string
		for _, p := range op.Parameters {
			switch p.Name {
			case "Consistency-Token", "after", "Prefer":
				taken = append(taken, p.In+" "+p.Name)
			}
		}
		slices.Sort(taken)
		want := "header Consistency-Token, header Prefer, query after"
		if route.Kind.Commands() || route.Kind == annals.ShowsSubject { // made from the events
			want = ""
		}
		if got := strings.Join(taken, ", "); got != want {
			t.Errorf("%s takes %q, want %q", route.ID, got, want)
		}
		if want == "" {
			continue
		}
		for _, name := range []string{"Consistency", "Preference-Applied"} {
			if op.Responses["200"].Headers[name] == nil {
				t.Errorf("%s does not document %s", route.ID, name)
			}
		}
		if lag, there := op.Responses["202"]; there &&
			(lag.Headers["Retry-After"] == nil || lag.Content["application/problem+json"] == nil) {
			t.Errorf("%s documents 202 as %+v, want Retry-After and a problem", route.ID, lag)
		}
	}
}

// TestScopesAreDocumented: each operation names the scope that it requires.
func TestScopesAreDocumented(t *testing.T) {
	t.Parallel()
	text, err := documentText()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Components struct {
			SecuritySchemes map[string]struct{ Type, Scheme, BearerFormat string }
		}
		Paths map[string]map[string]struct{ Security []map[string][]string }
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	if got := doc.Components.SecuritySchemes["token"]; got.Type != "http" || got.Scheme != "bearer" ||
		got.BearerFormat != "JWT" {
		t.Errorf("security schemes: %+v, want a bearer JWT", doc.Components.SecuritySchemes)
	}
	for _, route := range operations {
		got := doc.Paths[route.Path][strings.ToLower(route.Method)].Security
		if len(got) != 1 || len(got[0]) != 1 || !slices.Equal(got[0]["token"], []string{shop.New().ScopeOf(route.Scope)}) {
			t.Errorf("security of %s: %v, want its scope", route.ID, got)
		}
	}
}

// TestRulesOfRequestsAreDocumented: rules that are checked before an operation runs are in the document too.
func TestRulesOfRequestsAreDocumented(t *testing.T) {
	t.Parallel()
	text, err := documentText()
	if err != nil {
		t.Fatal(err)
	}
	type schema struct {
		Type            any
		Format, Pattern string
	}
	var doc struct {
		Components struct {
			Schemas map[string]struct{ Properties map[string]schema }
		}
		Paths map[string]map[string]struct {
			Parameters []struct {
				In, Name string
				Schema   schema
			}
			RequestBody struct {
				Content map[string]struct{ Schema schema }
			}
			Responses map[string]struct{ Headers map[string]any }
		}
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	instants := 0
	for _, route := range operations {
		op := doc.Paths[route.Path][strings.ToLower(route.Method)]
		for kind, body := range op.RequestBody.Content {
			if _, nullable := body.Schema.Type.([]any); nullable || kind != "application/json" {
				t.Errorf("%s takes %s: %+v, want JSON that is not null", route.ID, kind, body)
			}
		}
		if media, there := op.Responses["415"]; there && media.Headers["Accept-Encoding"] == nil {
			t.Errorf("%s documents 415 as %+v, want Accept-Encoding", route.ID, media)
		}
		for _, p := range op.Parameters {
			if p.Name == "asOf" || p.Name == "Occurred-At" {
				if instants++; p.Schema.Pattern == "" || p.Schema.Format != "" { // date-time allows more than is taken
					t.Errorf("%s documents %s as %+v, want a pattern and no format", route.ID, p.Name, p.Schema)
				}
			}
		}
	}
	if instants < 10 {
		t.Errorf("%d parameters are instants", instants)
	}
	for _, body := range []string{
		"OpenAccount", "DepositMoney", "WithdrawMoney", "TransferMoney", "CreateOrder", "Item", "Money", "MoneyHeld",
		"ShippingAddress", "ReceivePayment", "ShipOrder",
		"ListProduct", "ReceiveStock", "ChangePrice",
	} {
		members := doc.Components.Schemas[body].Properties
		for name, member := range members {
			if _, nullable := member.Type.([]any); nullable { // unmarshal refuses each null
				t.Errorf("%s.%s is documented as %v", body, name, member.Type)
			}
		}
		if len(members) == 0 {
			t.Errorf("there is no schema %s", body)
		}
	}
}

// TestTotalsAreUnbounded: the document sets no limit on the length of sums in read models.
func TestTotalsAreUnbounded(t *testing.T) {
	t.Parallel()
	text, err := documentText()
	if err != nil {
		t.Fatal(err)
	}
	type schema struct {
		Type, Format string
		Ref          string `json:"$ref"`
		MaxLength    *int
		Properties   map[string]schema
	}
	var doc struct {
		Components struct{ Schemas map[string]schema }
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	all := doc.Components.Schemas
	if units := all["ProductSales"].Properties["units"]; units.Type != "integer" || units.Format != "" {
		t.Errorf("schema of units: %+v, want an integer without a format", units)
	}
	if received := all["Inventory"].Properties["received"]; received.Type != "integer" || received.Format != "" {
		t.Errorf("schema of received: %+v, want an integer without a format", received)
	}
	if revenue := all["ProductSales"].Properties["revenue"]; revenue.Ref != "#/components/schemas/Total" {
		t.Errorf("schema of revenue: %+v, want Total", revenue)
	}
	if amount := all["Total"].Properties["amount"]; amount.Type != "string" || amount.MaxLength != nil {
		t.Errorf("schema of amount: %+v, want a string of any length", amount)
	}
}
