// Package contracttest checks answers of the API against its OpenAPI document, in tests. Start with [Check].
package contracttest

import (
	"bytes"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/annals-es/annals/pkg/annals/annalshttp"
	"github.com/annals-es/annals/shop"
)

// Answer is an answer that a client received.
type Answer struct {
	Status      int
	ContentType string
	Body        string
}

// Check fails a test if the answer to a request does not match the document of the operation: its status, its content
// type, or its body by the schema. It ignores requests that match no operation of the document, and those of
// benchmarks.
func Check(t testing.TB, method, path string, got Answer) {
	t.Helper()
	if _, measured := t.(*testing.B); measured {
		return
	}
	doc, err := read()
	if err != nil {
		t.Fatal(err)
	}
	op := doc.operation(method, path)
	if op == "" {
		return
	}
	if err := doc.check(op, got); err != nil {
		t.Errorf("%s %s: the answer does not match the OpenAPI document: %v: %d %.500s",
			method, path, err, got.Status, got.Body)
	}
}

// document is the OpenAPI document with its compiled schemas.
type document struct {
	root any
	mux  *http.ServeMux

	mu       sync.Mutex
	compiler *jsonschema.Compiler
}

const location = "https://annals.test/openapi.json"

var read = sync.OnceValues(func() (*document, error) {
	text, err := annalshttp.Document(shop.New().On())
	if err != nil {
		return nil, err
	}
	return parse(text)
})

func parse(text []byte) (*document, error) {
	root, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("read the OpenAPI document: %w", err)
	}
	d := &document{root: root, mux: http.NewServeMux(), compiler: jsonschema.NewCompiler()}
	if err := d.compiler.AddResource(location, root); err != nil {
		return nil, fmt.Errorf("read the schemas of the OpenAPI document: %w", err)
	}
	for _, o := range shop.New().On().Operations {
		d.mux.HandleFunc(o.Method+" "+o.Path, func(http.ResponseWriter, *http.Request) {})
	}
	return d, nil
}

// operation is the place of a request's operation in the document, as a JSON pointer; "" if there is none.
func (d *document) operation(method, path string) string {
	path, _, _ = strings.Cut(path, "?")
	r := &http.Request{Method: method, URL: &url.URL{Path: path}}
	_, pattern := d.mux.Handler(r)
	routeMethod, routePath, found := strings.Cut(pattern, " ")
	if !found || routeMethod != method {
		return ""
	}
	return pointer("paths", routePath, strings.ToLower(method))
}

func (d *document) check(op string, got Answer) error {
	response := op + pointer("responses", strconv.Itoa(got.Status))
	if d.at(response) == nil {
		return fmt.Errorf("the document has no answer with this status")
	}
	media, _, err := mime.ParseMediaType(got.ContentType)
	if err != nil {
		return fmt.Errorf("content type %q: %w", got.ContentType, err)
	}
	schema := response + pointer("content", media, "schema")
	if d.at(schema) == nil {
		return fmt.Errorf("the document has no content type %s for this status", media)
	}
	body, err := jsonschema.UnmarshalJSON(strings.NewReader(got.Body))
	if err != nil {
		return fmt.Errorf("the body is not JSON: %w", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	compiled, err := d.compiler.Compile(location + "#" + (&url.URL{Path: schema}).EscapedPath())
	if err != nil {
		return err
	}
	return compiled.Validate(body)
}

// at is the value that a JSON pointer points to, nil if there is none.
func (d *document) at(pointer string) any {
	at := d.root
	for _, token := range strings.Split(pointer, "/")[1:] {
		object, _ := at.(map[string]any)
		at = object[strings.NewReplacer("~1", "/", "~0", "~").Replace(token)]
	}
	return at
}

// pointer is the JSON pointer with the given parts.
func pointer(parts ...string) string {
	var b strings.Builder
	for _, part := range parts {
		b.WriteString("/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(part))
	}
	return b.String()
}
