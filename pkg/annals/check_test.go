package annals_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/publish"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/projection"
)

// A course that people enrol in.
type (
	courseEvent interface{ isCourseEvent() }
	opened      struct{ Title, Teacher string }
	enrolled    struct{ Student string }
	course      struct {
		Title    string
		Students []string
	}
	openCourse struct {
		ID    annals.ID `json:"courseId,omitempty" annals:"id"`
		Title string    `json:"title"`
	}
	enrolment struct {
		Student annals.ID `json:"student"`
	}
)

func (opened) isCourseEvent()   {}
func (enrolled) isCourseEvent() {}

func (course) Open(b openCourse) ([]courseEvent, error) {
	return []courseEvent{opened{Title: b.Title}}, nil
}

func (c course) Enrol(b enrolment) ([]courseEvent, error) {
	if len(c.Students) > 0 {
		return nil, errors.New("the course is full")
	}
	return []courseEvent{enrolled{string(b.Student)}}, nil
}

var (
	courses = es.Aggregate[course, courseEvent]{
		StreamType: "Course",
		Events: es.NewRegistry(es.Type[courseEvent]("CourseOpened", 1, opened{}),
			es.Type[courseEvent]("Enrolled", 1, enrolled{})),
		Evolve: func(c *course, event courseEvent) {
			switch e := event.(type) {
			case opened:
				c.Title = e.Title
			case enrolled:
				c.Students = append(c.Students, e.Student)
			}
		},
	}
	rooms  = es.Aggregate[course, courseEvent]{StreamType: "Room", Events: courses.Events, Evolve: courses.Evolve}
	roster = newRoster("roster", projection.From(courses, projection.On(addToRoster)))
)

type rosterDocument struct{ Students []string }

var byStudent = projection.IndexRows("by-student", func(d *rosterDocument) (projection.Key, string, bool) {
	return projection.Key{Partition: "all", Sort: "x"}, "", len(d.Students) > 0
})

func addToRoster(d *rosterDocument, e projection.Event[enrolled], _ *projection.Writes) error {
	d.Students = append(d.Students, e.Data.Student)
	return nil
}

func newRoster(
	name string, from projection.Source[rosterDocument], more ...projection.Part,
) *projection.Of[rosterDocument] {
	return projection.New(name, 1, from, append([]projection.Part{byStudent}, more...)...)
}

type public struct{}

func (public) Type() string { return "course.opened.v1" }

// parts are the parts of a correct declaration.
func parts() []annals.Part {
	return []annals.Part{
		annals.Aggregate(courses, annals.Snapshots{Every: 10, Schema: 1}, annals.OwnedBy(func(e opened) string {
			return e.Teacher
		})),
		annals.Create("POST /courses", courses, course.Open, annals.Named("open-course", "Open a course")),
		annals.Command("POST /courses/{id}/enrolments", courses, course.Enrol),
		annals.Document("GET /courses/{id}", roster),
		annals.List("GET /courses/{id}/students", roster, byStudent, annals.About(courses)),
		annals.React("welcome", courses, func(*annals.Tx, projection.Event[courseEvent]) error {
			return nil
		}, courseEvent(enrolled{})),
		annals.Publish(courses, func(string, courseEvent) (publish.Data, error) {
			return public{}, nil
		}, courseEvent(opened{})),
		annals.AuditTrail("GET /streams/{type}/{id}"),
	}
}

func TestDeclaration(t *testing.T) {
	t.Parallel()
	s := annals.New("enrol", parts()...)
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, o := range s.Operations {
		ids = append(ids, o.ID)
	}
	if got := strings.Join(ids, " "); got != "open-course post-courses-id-enrolments get-courses-id "+
		"get-courses-id-students get-streams-type-id" {
		t.Errorf("the operations are %s", got)
	}
	d := s.Describe()
	if len(d.ReadModels) != 1 || d.ReadModels[0].Name != "roster" || d.ReadModels[0].Folds[0].Reads["Course"] == nil ||
		d.Aggregates[0].SnapshotEvery != 10 || d.Operations[2].ReadModel != "roster" ||
		d.Operations[0].Scope != "enrol/command" {
		t.Errorf("description of the service: %+v", d)
	}
}

// TestMistakes: a declaration never panics. Each mistake is reported with its place and with what to do.
func TestMistakes(t *testing.T) {
	t.Parallel()
	type twoIDs struct {
		A annals.ID `json:"a" annals:"id"`
		B annals.ID `json:"b" annals:"id"`
	}
	type textID struct {
		A string `json:"a" annals:"id"`
	}
	type foreign struct {
		A string `json:"-" path:"other"`
	}
	type inBody struct {
		A string `json:"a" query:"a"`
	}
	decide := func(course, annals.None) ([]courseEvent, error) { return nil, nil }
	other := newRoster("roster", projection.From(rooms, projection.On(addToRoster)))
	two := newRoster("two", projection.From(courses, projection.On(addToRoster)),
		projection.From(rooms, projection.On(addToRoster)))
	var none *projection.Of[rosterDocument]
	for name, test := range map[string]struct {
		part annals.Part
		says string
	}{
		"nil": {nil, "a part is nil"},
		"a stream type that tools misread": {annals.Aggregate(es.Aggregate[course, courseEvent]{
			StreamType: "Übung", Events: courses.Events, Evolve: courses.Evolve,
		}), `the stored name "Übung" must be ASCII`},
		"an event type that tools misread": {annals.Aggregate(es.Aggregate[course, courseEvent]{
			StreamType: "Exercise", Events: es.NewRegistry(es.Type[courseEvent]("Geöffnet", 1, opened{})),
			Evolve: courses.Evolve,
		}), `the stored name "Geöffnet" must be ASCII`},
		"twice": {annals.Aggregate(courses), "aggregate Course is declared twice"},
		"no aggregate at all": {
			annals.Aggregate(es.Aggregate[course, courseEvent]{}),
			"the registry of events is missing: make one with NewRegistry; Evolve is missing",
		},
		"no schema": {
			annals.Aggregate(rooms, annals.Snapshots{Every: 1}),
			"aggregate Room: annals.Snapshots needs Every and Schema from 1",
		},
		"a route without method": {annals.Command("/courses/{id}", courses, decide), "the route must be a method and a path"},
		"a query that posts":     {annals.Document("POST /c/{id}", roster), `the methods here are GET`},
		"a command that gets": {
			annals.Command("GET /c/{id}", courses, decide), "the methods here are POST, PUT, PATCH, DELETE",
		},
		"no id in the path": {
			annals.Command("POST /c", courses, decide), "POST /c: the path must name the aggregate by {id}",
		},
		"an id to be made": {
			annals.Create("POST /c/{id}", courses, decide), `has its id in the body: a field of type annals.ID`,
		},
		"not the first": {annals.Command("POST /c/{x}/{id}", courses, decide), "{id} must be the path's first parameter"},
		"a route twice": {
			annals.Document("GET /courses/{id}", roster, annals.Named("x", "")), "GET /courses/{id} is declared twice",
		},
		"an id twice": {
			annals.Document("GET /x/{id}", roster, annals.Named("open-course", "")), "id open-course is declared twice",
		},
		"an id with capitals": {
			annals.Document("GET /x/{id}", roster, annals.Named("OpenCourse", "")),
			"must be in kebab case: set it by annals.Named",
		},
		"undeclared": {
			annals.Command("POST /rooms/{id}", rooms, decide), "aggregate Room is not declared: add annals.Aggregate",
		},
		"ids": {
			annals.Create("POST /x", courses, func(course, twoIDs) ([]courseEvent, error) { return nil, nil }),
			`several fields with the tag annals:"id"`,
		},
		"an id that is a text": {
			annals.Create("POST /x", courses, func(course, textID) ([]courseEvent, error) { return nil, nil }),
			"its type must be annals.ID",
		},
		"another parameter": {
			annals.Command("POST /x/{id}", courses, func(course, foreign) ([]courseEvent, error) { return nil, nil }),
			"but the path has no {other}: add it to the route",
		},
		"a parameter in the body": {
			annals.Command("POST /x/{id}", courses, func(course, inBody) ([]courseEvent, error) { return nil, nil }),
			`add the tag json:"-"`,
		},
		"no struct": {
			annals.Create("POST /x", courses, func(course, int) ([]courseEvent, error) { return nil, nil }),
			"its input int is not a struct",
		},
		"no decision": {
			annals.Command[course, courseEvent, annals.None]("POST /x/{id}", courses, nil), "decide is nil: pass a function",
		},
		"a read model of a name": {annals.Document("GET /x/{id}", other), "two projections have the name roster"},
		"a read model twice": {
			annals.Parts(annals.ReadModel(roster), annals.ReadModel(roster)), "read model roster is declared twice: remove one",
		},
		"nil among parts":     {annals.Parts(nil), "a part is nil"},
		"a check that is nil": {annals.BeforeCommands(nil), "a part is nil"},
		"no secret":           {(*annals.SecretValue)(nil), "a part is nil"},
		"a nil option":        {annals.Document("GET /x/{id}", roster, nil), "GET /x/{id}: an option is nil"},
		"a nil option of aggregates": {
			annals.Aggregate(rooms, annals.OwnedBy[opened](nil)), "aggregate Room: an option is nil",
		},
		"a nil option of read models": {annals.ReadModel(two, nil), "read model two: an option is nil"},
		"a read model that is nil":    {annals.ReadModel(none), "annals.ReadModel: the projection is nil"},
		"a wrong projection": {
			annals.ReadModel(projection.New("", 0, projection.From(courses, projection.On(addToRoster)))),
			"the name must not be empty, and the fold version must be 1 or more",
		},
		"an option of queries": {
			annals.Command("POST /x/{id}", courses, decide, annals.About(rooms)), "are options of queries",
		},
		"no function":  {annals.DocumentAs[rosterDocument, int]("GET /x/{id}", roster, nil), "its function is nil"},
		"no query":     {annals.Query[rosterDocument, annals.ByID, int]("GET /x/{id}", roster, nil), "its function is nil"},
		"nil refusals": {annals.Refusals[struct{}](nil), "annals.Refusals: its function is nil"},
		"a reaction to what is not declared": {
			annals.React("rooms", rooms, func(*annals.Tx, projection.Event[courseEvent]) error {
				return nil
			}), "reaction rooms: aggregate Room is not declared",
		},
		"a reaction twice": {
			annals.React("welcome", courses, func(*annals.Tx, projection.Event[courseEvent]) error { return nil }),
			"reaction welcome is declared twice for Course",
		},
		"a reaction named as a read model": {
			annals.React("roster", courses, func(*annals.Tx, projection.Event[courseEvent]) error { return nil }),
			"reaction roster has the name of read model roster",
		},
		"public and not declared": {
			annals.Publish(rooms, func(string, courseEvent) (publish.Data, error) { return nil, nil }),
			"annals.Publish: aggregate Room is not declared",
		},
		"a prefix without a dot": {
			annals.PublicPrefix("org.example"), `the prefix "org.example" of public events must end with a dot`,
		},
		"no read model":         {annals.ReadModel(nil), "annals.ReadModel: the projection is nil"},
		"a document of nothing": {annals.Document("GET /x/{id}", none), "the projection is nil"},
		"a list of nothing":     {annals.List("GET /x/{id}", none, byStudent), "the projection is nil"},
		"several types": {
			annals.Document("GET /x/{id}", two), "read model two reads streams of several types: use annals.Query",
		},
		"reads nothing": {
			annals.ReadModel(newRoster("rooms", projection.From(rooms, projection.On(addToRoster)))),
			"read model rooms reads no aggregate of the service",
		},
		"replaces what is gone": {
			annals.ReadModel(two, annals.Replaces("old")), "read model two replaces old, which is not declared",
		},
		"a name with capitals": {
			annals.ReadModel(newRoster("Roster", projection.From(courses, projection.On(addToRoster)))),
			`read model "Roster": its name must be in kebab case`,
		},
		"no partitions": {annals.List("GET /x", roster, byStudent), "set annals.Listing.Partitions"},
		"no items": {
			annals.ListAs("GET /x/{id}", roster, byStudent, annals.Listing[annals.ByID, string, int]{}),
			"set annals.Listing.Item",
		},
		"a former command": {
			annals.Document("GET /x/{id}", roster, annals.UntilFilled(annals.Command("", courses, decide))),
			"annals.UntilFilled takes a query",
		},
		"a former of another kind": {
			annals.Document("GET /x/{id}", roster,
				annals.UntilFilled(annals.DocumentAs("", roster, func(string, *rosterDocument) int { return 0 }))),
			"the former query has another input or answer",
		},
		"a former that is not declared": {
			annals.Document("GET /x/{id}", roster, annals.UntilFilled(annals.Document("", two))),
			"it reads two, which is not declared",
		},
		"whose it is": {
			annals.Query("GET /x/{id}", two, func(context.Context, *projection.Session, annals.ByID) (int, error) {
				return 0, nil
			}),
			"say what {id} names: a stream (annals.About), a person (annals.OwnerOnly), or neither",
		},
		"whose a list is": {annals.List("GET /x/{id}", roster, byStudent), "say what {id} names"},
		"who may ask": {annals.Query("GET /x", roster, func(context.Context, *projection.Session, annals.None) (int, error) {
			return 0, nil
		}), "the path has no {id}, so the answer has no owner"},
		"a document of another": {
			annals.Document("GET /x/{id}", roster, annals.About(rooms)), "a document belongs to its stream",
		},
		"a document of a person": {
			annals.Document("GET /x/{id}", roster, annals.OwnerOnly), "a document belongs to its stream",
		},
		"a person's command": {
			annals.Command("POST /x/{id}", courses, func(course, annals.None) ([]courseEvent, error) {
				return nil, nil
			}, annals.OwnerOnly),
			"annals.OwnerOnly is an option of queries and of annals.CreateOrChange: to say whose an aggregate is, use " +
				"annals.OwnedBy",
		},
		"a command for everyone": {
			annals.CreateOrChange("PUT /x/{id}", courses, func(course, annals.None) ([]courseEvent, error) {
				return nil, nil
			}, annals.ForEveryone),
			"ForEveryone, About and UntilFilled are options of queries",
		},
		"a person and everyone": {
			annals.List("GET /x/{id}", roster, byStudent, annals.OwnerOnly, annals.ForEveryone), "excludes annals.ForEveryone",
		},
		"a list without its index": {
			annals.Parts(annals.ReadModel(two, annals.WithoutIndexes),
				annals.List("GET /x/{id}", two, byStudent, annals.About(courses))),
			"it lists two over an index, and its table has none",
		},
		"the docs' routes": {annals.Document("GET /docs/{id}", roster), "are the API's own routes: take another path"},
		"an option of an audit trail": {
			annals.AuditTrail("GET /x/{type}/{id}", annals.OwnerOnly), "an audit trail takes no option",
		},
		"an id of a command": {
			annals.Command("POST /x/{id}", courses, func(course, openCourse) ([]courseEvent, error) { return nil, nil }),
			"which only annals.Create takes",
		},
		"a target that is not declared": {
			annals.Transact("POST /x", annals.At(rooms, func(annals.None) annals.ID {
				return ""
			}), func(*annals.Tx, annals.None) error { return nil },
				func(*annals.Done, annals.None) (int, error) { return 0, nil }), "aggregate Room is not declared",
		},
		"targets that are not declared": {
			annals.Transact("POST /x", annals.AtAll(rooms, func(annals.None) []annals.ID { return nil }),
				func(*annals.Tx, annals.None) error { return nil },
				func(*annals.Done, annals.None) (int, error) { return 0, nil }), "aggregate Room is not declared",
		},
		"targets by no function": {
			annals.Transact("POST /x", annals.At(courses, func(annals.None) annals.ID { return "" }).
				And(annals.AtAll[course, courseEvent, annals.None](courses, nil)),
				func(*annals.Tx, annals.None) error { return nil },
				func(*annals.Done, annals.None) (int, error) { return 0, nil }), "annals.At or annals.AtAll, with functions",
		},
		"a former that is wrong": {
			annals.ListAs("GET /x/{id}", roster, byStudent, annals.Listing[annals.ByID, string, int]{
				Item: func(annals.ByID, projection.Key, string) int { return 0 },
			},
				annals.OwnerOnly,
				annals.UntilFilled(annals.ListAs("", roster, byStudent, annals.Listing[annals.ByID, string, int]{}))),
			"annals.UntilFilled: the list's rows are not its items",
		},
		"an audit trail of ids": {annals.AuditTrail("GET /events/{id}"), "must be {type} and {id}"},
		"no target": {
			annals.Transact("POST /x", annals.Target[annals.None]{}, func(*annals.Tx, annals.None) error {
				return nil
			}, func(*annals.Done, annals.None) (int, error) { return 0, nil }),
			"it is addressed to no aggregate: say to which by annals.At",
		},
		"a reaction with capitals": {
			annals.React("Welcome", courses, func(*annals.Tx, projection.Event[courseEvent]) error { return nil }),
			`reaction "Welcome": its name`,
		},
		"a reaction of our name": {
			annals.React("publisher", courses, func(*annals.Tx, projection.Event[courseEvent]) error { return nil }),
			"reaction publisher has the name of a table of every service: choose another",
		},
		"a reaction to nothing": {
			annals.React[course, courseEvent]("none", courses, nil), `reaction "none": its function is nil`,
		},
		"public twice": {
			annals.Publish(courses, func(string, courseEvent) (publish.Data, error) { return nil, nil }),
			"annals.Publish is declared twice for Course",
		},
		"tables of one id": {
			annals.Parts(annals.ReadModel(newRoster("rooms-2", projection.From(courses, projection.On(addToRoster)))),
				annals.ReadModel(newRoster("rooms2", projection.From(courses, projection.On(addToRoster))))),
			"read model rooms2 would have the same logical id in the template as read model rooms-2",
		},
		"routes of one id": {
			annals.Parts(annals.Document("GET /x/{id}", roster, annals.Named("get-x-2", "")),
				annals.Document("GET /y/{id}", roster, annals.Named("get-x2", ""))),
			"id get-x2 would have the same logical id in the template as id get-x-2",
		},
		"secrets of one id": {
			annals.Parts(annals.Secret("A_B", 1), annals.Secret("A__B", 1)),
			"secret A__B would have the same logical id in the template as secret A_B",
		},
		"a secret of Lambda": {
			annals.Secret("AWS_REGION", 1), "secret AWS_REGION: environment variables that begin with AWS_ belong to",
		},
		"a secret as a table": {
			annals.Secret("TABLE_EVENTS", 1), "secret TABLE_EVENTS: environment variables that begin with TABLE_ belong to",
		},
		"a secret of one letter": {annals.Secret("A", 1), `secret "A": the name of an environment variable`},
		"a secret as of a shell": {annals.Secret("_A", 1), `secret "_A": the name of an environment variable`},
		"a secret in small":      {annals.Secret("key", 1), `secret "key": the name of an environment variable`},
		"members":                {annals.Refusals[int](func(error) *annals.Refusal { return nil }), "int is not a struct"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := annals.New("enrol", append(parts(), test.part)...).Check()
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("check: %v, want an error with %q", err, test.says)
			}
		})
	}
}

func TestMistakesOfAll(t *testing.T) {
	t.Parallel()
	err := annals.New("My Shop", annals.Secret("A", 1), annals.Secret("A", 1)).Check()
	for _, says := range []string{
		`the service's name is "My Shop"`, "there is no aggregate", "secret A is declared twice",
	} {
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("check: %v, want an error with %q", err, says)
		}
	}
	if _, err := annals.New("").Open(annals.Stores{}, annals.Config{}); err == nil {
		t.Error("a service with mistakes was opened")
	}
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	key := annals.Secret("KEY", 4)
	s := annals.New("enrol", append(parts(), key, annals.BeforeCommands(func(_ context.Context, r *annals.Running) error {
		return errors.New("the key is " + string(key.In(r)))
	}))...)
	on := annals.Stores{Events: memstore.New()}
	_, err := s.Open(on, annals.Config{Secrets: func(string) string { return "abc" }})
	if err == nil || !strings.Contains(err.Error(), "secret KEY has 3 bytes, needs at least 4") {
		t.Errorf("open with a short secret: %v, want an error that names it", err)
	}
	r, err := s.Open(on, annals.Config{Secrets: func(env string) string { return env + "1" }})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Start(t.Context()); err == nil || err.Error() != "the key is KEY1" {
		t.Errorf("start a reaction: %v, want its own error", err)
	}
}
