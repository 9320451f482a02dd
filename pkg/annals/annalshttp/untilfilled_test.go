package annalshttp_test

import (
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalshttp"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
)

// title is the document of the read model that replaces courses.
type title struct {
	Title string `json:"title"`
}

var titles = projection.New("titles", 1, projection.From(courseAggregate,
	projection.On(func(t *title, e projection.Event[courseOpened], _ *projection.Writes) error {
		t.Title = "new " + e.Data.Title
		return nil
	}),
))

// TestUntilFilled: a replaced read model answers queries until its replacement is filled.
func TestUntilFilled(t *testing.T) {
	t.Parallel()
	store, views := memstore.New(), map[string]projection.View{}
	stores := annals.Stores{Events: store, Catalog: memview.NewCatalog(), Views: func(name string) projection.View {
		if views[name] == nil {
			views[name] = memview.New()
		}
		return views[name]
	}}
	now := time.Now()
	open := func(parts ...annals.Part) (*client, *projection.Engine) {
		t.Helper()
		s := annals.New("school", append(parts, annals.Aggregate(courseAggregate),
			annals.Create("POST /courses", courseAggregate, course.open))...)
		running, err := s.Open(stores, annals.Config{Now: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		handler, err := annalshttp.Handler(running, annalshttp.Config{})
		if err != nil {
			t.Fatal(err)
		}
		engine := projection.NewEngine(stores.Events, stores.Catalog, projection.Config{}, running.Subscriptions...)
		return &client{t: t, handler: handler}, engine
	}
	old, engine := open(annals.Document("GET /courses/{id}", courses))
	old.as(anyone, "POST /courses", golang).want(t, 201, "")
	stream := courseAggregate.Stream("go")
	if err := engine.CatchUp(t.Context(), stream); err != nil {
		t.Fatal(err)
	}
	older := func(_ string, c *course) title { return title{c.Title} }
	c, engine := open(
		annals.ReadModel(titles, annals.Replaces("courses")), annals.ReadModel(courses),
		annals.Document("GET /courses/{id}", titles, annals.UntilFilled(annals.DocumentAs("", courses, older))),
	)
	const get = "GET /courses/go"
	c.as(anyone, get, "").want(t, 200, `{"title":"Go"}`)
	c.as(anyone, get, "", "Consistency-Token: Course#go@2", "Prefer: wait=0").want(t, 400, "no-such-version")
	c.as(anyone, get+"?version=1", "").want(t, 200, `{"title":"new Go"}`).wantHeader(t, "Consistency", "strong")
	if _, _, err := projection.NewRebuilder(engine, store, projection.RebuildConfig{}).Run(t.Context(), "titles",
		nil); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Hour) // readers take it for filled at one time
	next, _ := open(
		annals.ReadModel(titles, annals.Replaces("courses")), annals.ReadModel(courses),
		annals.Document("GET /courses/{id}", titles, annals.UntilFilled(annals.DocumentAs("", courses, older))),
	)
	next.as(anyone, get, "").want(t, 200, `{"title":"new Go"}`)
}
