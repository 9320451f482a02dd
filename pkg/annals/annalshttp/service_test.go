package annalshttp_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalshttp"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
)

// ExampleHandler is a service in a test: on stores in memory, without Lambda and AWS.
func ExampleHandler() {
	store, catalog := memstore.New(), memview.NewCatalog()
	running, err := school().Open(annals.Stores{
		Events: store, Catalog: catalog, Views: func(string) projection.View { return memview.New() },
	}, annals.Config{})
	if err != nil {
		panic(err)
	}
	handler, err := annalshttp.Handler(running, annalshttp.Config{})
	if err != nil {
		panic(err)
	}
	ask := func(method, path, body string) {
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequest(method, path, strings.NewReader(body)))
		fmt.Print(answer.Code, " ", answer.Body)
	}
	ask("POST", "/courses", `{"courseId":"go","title":"Go","teacher":"ada","seats":2}`)
	ask("POST", "/courses/go/students", `{"student":"bob"}`)
	ask("GET", "/courses/go?version=2", "")
	// Output:
	// 201 {"id":"go","version":1,"state":{"title":"Go","teacher":"ada","seats":2,"students":[]},"events":[{"type":"CourseOpened","version":1}]}
	// 200 {"id":"go","version":2,"state":{"title":"Go","teacher":"ada","seats":2,"students":["bob"]},"events":[{"type":"StudentEnrolled","version":2}]}
	// 200 {"title":"Go","teacher":"ada","seats":2,"students":["bob"]}
}

// client sends requests to a service that runs in memory.
type client struct {
	t       *testing.T
	store   *memstore.Store
	running *annals.Running
	engine  *projection.Engine
	handler http.Handler
	log     *bytes.Buffer
}

func newClient(t *testing.T, more ...annals.Part) *client {
	t.Helper()
	c := &client{t: t, store: memstore.New(), log: &bytes.Buffer{}}
	catalog := memview.NewCatalog()
	running, err := school(more...).Open(annals.Stores{
		Events: c.store, Catalog: catalog, Views: func(string) projection.View { return memview.New() },
	}, annals.Config{})
	if err != nil {
		t.Fatal(err)
	}
	c.running = running
	c.engine = projection.NewEngine(c.store, catalog, projection.Config{}, running.Subscriptions...)
	c.handler, err = annalshttp.Handler(running, annalshttp.Config{
		Log: slog.New(slog.NewTextHandler(c.log, nil)), CursorKey: bytes.Repeat([]byte("k"), 32),
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// project applies the events of a stream to the read models.
func (c *client) project(streamType, id string) {
	c.t.Helper()
	if err := c.engine.CatchUp(c.t.Context(), es.StreamID{Type: streamType, ID: id}); err != nil {
		c.t.Fatal(err)
	}
}

// answer is an answer, with the members of a problem.
type answer struct {
	status  int
	header  http.Header
	text    string
	problem struct {
		Type, Title, Detail string
		Seats               int
		Errors              []annalshttp.FieldError
	}
}

// the callers: an operator and two persons.
const (
	operator = "head"
	anyone   = ""
)

// as sends a request as a caller. Headers are "Name: value".
func (c *client) as(who, target, body string, headers ...string) answer {
	c.t.Helper()
	method, path, _ := strings.Cut(target, " ")
	ctx := c.t.Context()
	switch who {
	case anyone:
	case operator:
		ctx = annalshttp.WithPrincipal(ctx, who, "school/command", "school/query", "school/operate")
	default:
		ctx = annalshttp.WithPrincipal(ctx, who, "school/command", "school/query")
	}
	return c.send(ctx, method, path, body, headers...)
}

func (c *client) send(ctx context.Context, method, path, body string, headers ...string) answer {
	c.t.Helper()
	r := httptest.NewRequestWithContext(ctx, method, path, strings.NewReader(body))
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	text, err := io.ReadAll(w.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	out := answer{status: w.Code, header: w.Header(), text: string(text)}
	if w.Header().Get("Content-Type") == "application/problem+json" {
		if err := json.Unmarshal(text, &out.problem); err != nil {
			c.t.Fatal(err)
		}
	}
	return out
}

// want checks an answer's status, and that its text contains part.
func (a answer) want(t *testing.T, status int, part string) answer {
	t.Helper()
	if a.status != status || !strings.Contains(a.text, part) {
		t.Errorf("%d %v %s, want %d and %q", a.status, a.header, a.text, status, part)
	}
	return a
}

// wantHeader checks a header.
func (a answer) wantHeader(t *testing.T, name, value string) answer {
	t.Helper()
	if got := a.header.Get(name); got != value {
		t.Errorf("%s is %q, want %q", name, got, value)
	}
	return a
}

const golang = `{"courseId":"go","title":"Go","teacher":"ada","seats":2}`

func TestCommands(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.as(operator, "POST /courses", golang).want(t, 201, `"title":"Go"`).
		wantHeader(t, "Location", "/courses/go").wantHeader(t, "ETag", `"1"`).wantHeader(t, "Consistency-Token",
		"Course#go@1")
	c.as(operator, "POST /courses", golang).want(t, 409, "already-exists")
	c.as(operator, "POST /courses/go/students", `{"student":"bob"}`, "If-Match: \"1\"").want(t, 200, `"StudentEnrolled"`).
		wantHeader(t, "ETag", `"2"`).wantHeader(t, "Location", "")
	c.as(operator, "POST /courses/go/students", `{"student":"eve"}`, "If-Match: \"1\"").want(t, 412, "version-mismatch")
	c.as(operator, "POST /courses", golang, "If-Match: \"1\"").want(t, 400, "header.If-Match")
	c.as(operator, "POST /moves", `{"student":"bob","from":"go","to":"go"}`, "If-Match: *").want(t, 400, "header.If-Match")
	c.as(operator, "DELETE /courses/go/students/eve", "").want(t, 422, `"detail":"eve is not in the course"`)
	c.as(operator, "DELETE /courses/go/students/bob", "").want(t, 200, `"students":[]`)
	c.as(operator, "DELETE /courses/go/students/b%20b", "").want(t, 400, `"field":"path.student"`)
	c.as(operator, "POST /courses/go/empty", "").want(t, 200, `"events":[]`)
	c.as(operator, "POST /courses/go/empty", "{}").want(t, 200, `"version":3`)
	c.as(operator, "POST /courses/none/empty", "").want(t, 404, "Course#none not found")
	c.as(operator, "POST /courses/go/students", `{"student":"bob"}`, "Occurred-At: 2999-01-01T00:00:00Z").want(t, 400,
		"header.Occurred-At")
	if c.log.Len() > 0 {
		t.Errorf("log: %s, want nothing", c.log)
	}
}

// TestRefusalsHaveMembers: members that the service adds to a problem are in the problem and in the document.
func TestRefusalsHaveMembers(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.as(operator, "POST /courses", golang)
	c.as(operator, "POST /courses/go/students", `{"student":"a"}`)
	c.as(operator, "POST /courses/go/students", `{"student":"b"}`)
	got := c.as(operator, "POST /courses/go/students", `{"student":"c"}`, "X-Correlation-Id: me").want(t, 409, "")
	want := `{"type":"urn:problem:school:course-full","title":"Course full","status":409,` +
		`"detail":"all 2 seats are taken","correlationId":"me","seats":2}` + "\n"
	if got.text != want {
		t.Errorf("answer: %s, want %s", got.text, want)
	}
}

func TestRepeats(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	const nameless = `{"title":"Go","teacher":"ada","seats":2}`
	first := c.as(operator, "POST /courses", nameless, "Idempotency-Key: k").want(t, 201, "")
	again := c.as(operator, "POST /courses", ` {"seats":2,"teacher":"ada","title":"Go"}`,
		`Idempotency-Key: "k"`).want(t, 201, "")
	if first.text != again.text || first.header.Get("Location") != again.header.Get("Location") {
		t.Errorf("first answer %s, answer to the repeat %s; want the same", first.text, again.text)
	}
	c.as(operator, "POST /courses", strings.Replace(nameless, "Go", "C", 1), "Idempotency-Key: k").want(t, 422,
		"idempotency-key-reused")
	other := c.as("root", "POST /courses", nameless, "Idempotency-Key: k").want(t, 403, "school/operate")
	if other.header.Get("Location") != "" {
		t.Error(other)
	}
	path := first.header.Get("Location")
	c.as(operator, "POST "+path+"/students", `{"student":"bob"}`, "Idempotency-Key: k").want(t, 200, `"version":2`)
	c.as(operator, "POST "+path+"/students", `{"student":"bob"}`, "Idempotency-Key: k", `If-Match: "1"`).want(t, 200,
		`"version":2`)
	c.as(operator, "POST "+path+"/students", `{"student":"eve"}`, "Idempotency-Key: a,b").want(t, 400,
		"header.Idempotency-Key")
}

// TestCreateOrChange: the first writer owns the aggregate, even if several callers write at once.
func TestCreateOrChange(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.as("ann", "PUT /notes/n", `{"text":"good"}`).want(t, 200, `"version":1`).wantHeader(t, "ETag", `"1"`)
	c.as("ann", "PUT /notes/n", `{"text":"better"}`, `If-Match: "1"`).want(t, 200, `"version":2`)
	bob := c.as("bob", "PUT /notes/n", `{"text":"bad"}`).want(t, 404, "")
	if strings.Contains(bob.text, "Note#") || strings.Contains(bob.text, "better") {
		t.Errorf("answer to bob: %s, want no internal names", bob.text)
	}
	c.as("bob", "PUT /notes/m", `{"text":"x"}`, `If-Match: "1"`).want(t, 412, "")
	c.as("bob", "PUT /notes/m", `{"text":"x"}`, `If-Match: "0"`).want(t, 200, "")
	c.as(operator, "PUT /notes/m", `{"text":"y"}`).want(t, 200, `"version":2`)
	c.as(operator, "GET /streams/Note/m", "").want(t, 404, "")
}

// TestCreateOrChangeOwn: what {id} names is the person's, so no other caller can create it before they do.
func TestCreateOrChangeOwn(t *testing.T) {
	t.Parallel()
	c := newClient(t, annals.CreateOrChange("PUT /teachers/{id}/note", noteAggregate, write, annals.OwnerOnly))
	c.as("bob", "PUT /teachers/ann/note", `{"text":"x"}`).want(t, 404, `"detail":"teacher ann not found"`)
	c.as("ann", "PUT /teachers/ann/note", `{"text":"x"}`, `If-Match: "3"`).want(t, 412, "")
	c.as("ann", "PUT /teachers/ann/note", `{"text":"x"}`).want(t, 200, `"version":1`).wantHeader(t, "ETag", `"1"`)
	c.as("bob", "PUT /teachers/ann/note", `{"text":"y"}`).want(t, 404, `"detail":"teacher ann not found"`)
	c.as("ann", "PUT /teachers/ann/note", `{"text":"y"}`, `If-Match: "1"`).want(t, 200, `"version":2`)
	c.as(operator, "PUT /teachers/eve/note", `{"text":"x"}`).want(t, 200, `"version":1`)
	c.as("eve", "PUT /teachers/eve/note", `{"text":"y"}`).want(t, 200, `"version":2`)
	c.as(anyone, "PUT /teachers/eve/note", `{"text":"z"}`).want(t, 200, `"version":3`)
}

func TestTransact(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.as(operator, "POST /courses", golang)
	c.as(operator, "POST /courses", strings.NewReplacer("go", "c", "Go", "C", "ada", "bob").Replace(golang))
	c.as("ada", "POST /courses/go/students", `{"student":"x"}`).want(t, 200, "")
	const there, back = `{"student":"x","from":"go","to":"c"}`, `{"student":"x","from":"c","to":"go"}`
	c.as("ada", "POST /moves", back).want(t, 404, "Course#c not found") // it is bob's
	got := c.as("ada", "POST /moves", there, "Idempotency-Key: k").want(t, 200, `{"from":{"id":"go"`).
		wantHeader(t, "Consistency-Token", "Course#go@3").wantHeader(t, "ETag", "")
	if strings.Contains(got.text, `"to"`) {
		t.Errorf("answer to ada: %s, want the own side alone", got.text)
	}
	c.as("ada", "POST /moves", there, "Idempotency-Key: k").want(t, 200, "").wantHeader(t, "Consistency-Token",
		"Course#go@3")
	c.as(operator, "POST /moves", back).want(t, 200, `"to":{"id":"go"`).wantHeader(t, "Consistency-Token",
		"Course#c@3,Course#go@4")
	c.as(anyone, "POST /moves", there).want(t, 200, `"to":{"id":"c"`)
}

func TestQueries(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.as(operator, "POST /courses", golang)
	c.as("ada", "GET /courses/go", "").want(t, 202, "not-yet-projected").wantHeader(t, "Retry-After", "1")
	c.as("ada", "GET /courses/go", "", "Consistency-Token: Course#go@1", "Prefer: wait=0").want(t, 200, `"title":"Go"`).
		wantHeader(t, "Consistency", "strong").wantHeader(t, "Preference-Applied", "wait=0")
	c.as("ada", "GET /overviews/go", "", "Consistency-Token: Course#go@1", "Prefer: wait=0").want(t, 202,
		"not-yet-projected")
	c.project("Course", "go")
	c.as("ada", "GET /courses/go?after=Course%23go@1", "").want(t, 200, `"title":"Go"`).wantHeader(t, "Consistency", "")
	c.as("ada", "GET /courses/go?after=Course%23go@7&", "", "Prefer: wait=0").want(t, 400, "no-such-version")
	c.as("bob", "GET /courses/go", "").want(t, 404, "Course#go not found")
	c.as("ada", "GET /courses/go?version=1", "").want(t, 200, `"seats":2`).wantHeader(t, "Consistency", "strong")
	now := time.Now().UTC().Format("2006-01-02T15:04:05.999999Z")
	c.as("ada", "GET /courses/go?asOf="+now, "").want(t, 200, `"seats":2`).wantHeader(t, "Consistency", "provisional")
	c.as("ada", "GET /courses/go?version=2", "").want(t, 404, "version-not-found")
	c.as("ada", "GET /courses/go?version=1&asOf=2026-01-01T00:00:00Z", "").want(t, 400, "query.asOf")
	c.as("ada", "GET /overviews/go?free=true&sort=desc&less=3", "").want(t, 200,
		`{"title":"Go","free":2,"sort":"desc","less":3}`)
	c.as("ada", "GET /overviews/go", "").want(t, 200, `{"title":"Go","sort":"asc","less":0}`)
	c.as("bob", "GET /overviews/go", "").want(t, 404, "")
	c.as("ada", "GET /streams/Course/go", "").want(t, 200, `"type":"CourseOpened"`).wantHeader(t, "Consistency", "strong")
	c.as("bob", "GET /streams/Course/go", "").want(t, 404, "")
	c.as("ada", "GET /teachers/ada/courses", "").want(t, 200, `{"items":[{"title":"Go","students":0}]}`)
	c.as("bob", "GET /teachers/ada/courses", "").want(t, 404, `"detail":"teacher ada not found"`)
}

// TestCursors: a cursor works only for its caller and its list.
func TestCursors(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	for _, id := range []string{"c", "go", "ml"} {
		c.as(operator, "POST /courses", strings.NewReplacer("go", id, "Go", id).Replace(golang)).want(t, 201, "")
		c.project("Course", id)
	}
	page := func(who, query string) (titles []string, next string) {
		var got struct {
			Items []listed
			Next  string
		}
		if err := json.Unmarshal([]byte(c.as(who, "GET /teachers/ada/courses?limit=2"+query, "").want(t, 200, "").text),
			&got); err != nil {
			t.Fatal(err)
		}
		for _, item := range got.Items {
			titles = append(titles, item.Title)
		}
		return titles, got.Next
	}
	first, next := page("ada", "")
	rest, end := page("ada", "&cursor="+next)
	if fmt.Sprint(first, rest) != "[c go] [ml]" || end != "" {
		t.Errorf("first page %v, second page %v, its cursor %q", first, rest, end)
	}
	for who, target := range map[string]string{
		"head": "/teachers/ada/courses", "ada": "/streams/Course/go", anyone: "/teachers/bob/courses",
	} {
		c.as(who, "GET "+target+"?cursor="+next, "").want(t, 400, `"field":"query.cursor"`)
	}
}

// TestWholeNumbers: 2, 2.0 and 2e0 are the same number.
func TestWholeNumbers(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"20", "20.0", "2e1", "2E+1", "0.2e2", "200e-1", "20.000000000000000000000"} {
		c := newClient(t)
		c.as(anyone, "POST /courses", strings.Replace(golang, `:2`, ":"+text, 1)).want(t, 201, `"seats":20,`)
	}
}

// TestMalformed: a problem names the place of each fault.
func TestMalformed(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.as(anyone, "POST /courses", golang)
	const open = "POST /courses"
	for _, test := range []struct{ name, target, body, field, says string }{
		{"no body", open, "", "body", "request body is required"},
		{"no JSON", open, "{", "body", "ends too early"},
		{"a member twice", open, `{"seats":2,"seats":2}`, "body.seats", "twice"},
		{"a missing member", open, `{"teacher":"a","seats":2}`, "body", "title"},
		{"an unknown member", open, golang[:len(golang)-1] + `,"x":1}`, "body.x", "unexpected property"},
		{"another case", open, strings.Replace(golang, "title", "Title", 1), "body.Title", "unexpected property"},
		{
			"another case, nested", open, golang[:len(golang)-1] + `,"rooms":[{"Name":"x","seats":2}]}`,
			"body.rooms[0].Name", "unexpected property",
		},
		{"null", open, strings.Replace(golang, `"Go"`, "null", 1), "body.title", "must not be null"},
		{"a fraction", open, strings.Replace(golang, `:2`, ":2.5", 1), "body.seats", "integer"},
		{"too few", open, strings.Replace(golang, `:2`, ":0", 1), "body.seats", ">= 2"},
		{"its own rule", open, strings.Replace(golang, `:2`, ":3", 1), "body.seats", "in pairs"},
		{
			"its own rule, nested", open, golang[:len(golang)-1] + `,"rooms":[{"name":"x","seats":2},{"name":"y","seats":5}]}`,
			"body.rooms[1].seats", "in pairs",
		},
		{"its own rule, beside the schema's", open, `{"seats":5}`, "body.seats", "in pairs"},
		{"the schema's, beside its own rule", open, `{"seats":5}`, "body", "title"},
		{
			"a list for an object with rules", open,
			golang[:len(golang)-1] + `,"rooms":[[{"seats":5}]]}`, "body.rooms[0]", "object",
		},
		{
			"an object for a list with rules", open,
			golang[:len(golang)-1] + `,"rooms":{"a":{"seats":5}}}`, "body.rooms", "array",
		},
		{"a list for a body", open, `[{"seats":5}]`, "body", "object"},
		{
			"an object for a number with rules", open, strings.Replace(golang, `:2`, `:{"seats":5}`, 1), "body.seats", "integer",
		},
		{"an id", open, strings.Replace(golang, `"go"`, `"g o"`, 1), "body.courseId", "an id"},
		{"a query parameter", open + "?x=1", golang, "query.x", "unknown query parameter"},
		{"a body where none is", "POST /courses/go/empty", `{"x":1}`, "body.x", "unexpected property"},
		{"an id in the path", "GET /courses/g%20o", "", "path.id", "an id"},
		{"no UTF-8", "GET /courses/%E2", "", "path.id", "UTF-8"},
		{"no boolean", "GET /overviews/go?free=maybe", "", "query.free", "boolean"},
		{"no integer", "GET /overviews/go?less=x", "", "query.less", "integer"},
		{"a large integer", "GET /overviews/go?less=6", "", "query.less", "<= 5"},
		{"not in the list", "GET /overviews/go?sort=up", "", "query.sort", "asc"},
		{"twice in the query", "GET /overviews/go?sort=asc&sort=asc", "", "query.sort", "twice"},
		{"no limit", "GET /teachers/ada/courses?limit=0", "", "query.limit", ">= 1"},
		{"a token", "GET /courses/go?after=x", "", "query.after", "Type#id@version"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := *c
			c.t = t
			got := c.as(anyone, test.target, test.body).want(t, 400, "invalid-request")
			for _, e := range got.problem.Errors {
				if e.Field == test.field && strings.Contains(e.Detail, test.says) {
					return
				}
			}
			t.Errorf("want %q to say %q, got %s", test.field, test.says, got.text)
		})
	}
}

func TestRoutesAndLimits(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.as(anyone, "GET /nowhere", "").want(t, 404, "no-such-route")
	c.as(anyone, "PATCH /courses", "").want(t, 405, "this path allows POST").wantHeader(t, "Allow", "POST")
	c.as(anyone, "POST /courses", golang, "Content-Type: text/plain").want(t, 415, "application/json")
	c.as(anyone, "POST /courses", `"`+strings.Repeat("x", annalshttp.MaxBodyBytes)+`"`).want(t, 413, "too-large")
	c.as(anyone, "GET /openapi.json", "").want(t, 200, `"openapi": "3.1.0"`)
	c.as(anyone, "GET /docs", "").want(t, 200, "<html")
	ctx := annalshttp.WithPrincipal(t.Context(), "", "school/query")
	c.send(ctx, "GET", "/courses/go", "").want(t, 403, "school/query")
}

// TestFaultsAreReturned: a wrong declaration returns an error and no handler.
func TestFaultsAreReturned(t *testing.T) {
	t.Parallel()
	running := func(s *annals.Service, views bool) *annals.Running {
		stores := annals.Stores{Events: memstore.New(), Catalog: memview.NewCatalog()}
		if views {
			stores.Views = func(string) projection.View { return memview.New() }
		}
		r, err := s.Open(stores, annals.Config{})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	type wrongTag struct {
		Text string `json:"text" minLength:"many"`
	}
	type floating struct {
		Size float64 `query:"size" json:"-"`
	}
	type twice struct {
		After string `query:"after" json:"-"`
	}
	nothing := func(course, wrongTag) ([]courseEvent, error) { return nil, nil }
	none := func(context.Context, *projection.Session, twice) (viewed, error) { return viewed{}, nil }
	float := func(course, floating) ([]courseEvent, error) { return nil, nil }
	for name, test := range map[string]struct {
		service *annals.Service
		views   bool
		key     string
		says    string
	}{
		"a declaration": {annals.New("x"), true, "", "there is no aggregate"},
		"a tag": {
			school(annals.Command("POST /courses/{id}/x", courseAggregate, nothing)), true, "", "POST /courses/{id}/x",
		},
		"a kind": {school(annals.Command("POST /courses/{id}/x", courseAggregate, float)), true, "", "field Size"},
		"a name": {
			school(annals.Query("GET /x", courses, none, annals.ForEveryone)),
			true, "", "after, which the operation already has",
		},
		"paths that overlap":      {school(annals.Document("GET /{id}/go", courses)), true, "", "conflicts"},
		"no views":                {school(), false, "", "annals.Stores.Views"},
		"a key that is too short": {school(), true, "short", "has 5 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &annals.Running{Service: test.service}
			if test.service.Check() == nil {
				r = running(test.service, test.views)
			}
			cfg := annalshttp.Config{}
			if test.key != "" {
				cfg.CursorKey = []byte(test.key)
			}
			if _, err := annalshttp.Handler(r, cfg); err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("want %q, got %v", test.says, err)
			}
		})
	}
}

func TestDocument(t *testing.T) {
	t.Parallel()
	text, err := annalshttp.Document(school())
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Info       struct{ License annals.License }
		Paths      map[string]map[string]json.RawMessage
		Components struct {
			Schemas map[string]struct{ Properties map[string]any }
		}
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Info.License.Identifier != "MIT" || len(doc.Paths) != 10 {
		t.Errorf("document: %+v, %d paths", doc.Info, len(doc.Paths))
	}
	if doc.Components.Schemas["Problem"].Properties["seats"] == nil {
		t.Error("the schema of problems has no member seats")
	}
	if !strings.Contains(string(doc.Paths["/moves"]["post"]), "both courses") {
		t.Errorf("description of POST /moves: %s, want the text of its declaration", doc.Paths["/moves"]["post"])
	}
	if _, err := annalshttp.Document(annals.New("x")); err == nil {
		t.Error("document of a service without aggregates: no error")
	}
}
