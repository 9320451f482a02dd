package annalscdk

import (
	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/publish"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// A course that people enrol in.
type (
	event    struct{ Student string }
	course   struct{ Students []string }
	public   struct{ Student string }
	document struct{ Students []string }
	body     struct {
		ID      annals.ID `json:"courseId,omitempty" annals:"id"`
		Student annals.ID `json:"student"`
	}
)

func (course) enrol(b body) ([]event, error) { return []event{{string(b.Student)}}, nil }

func (public) Type() string { return "enrolled.v1" }

// of is the aggregate whose streams have a type.
func of(streamType string) es.Aggregate[course, event] {
	return es.Aggregate[course, event]{
		StreamType: streamType, Events: es.NewRegistry(es.Type[event](streamType+"Enrolled", 1, event{})),
		Evolve: func(c *course, e event) { c.Students = append(c.Students, e.Student) },
	}
}

var (
	courses  = of("Course")
	students = projection.IndexRows("by-student", func(d *document) (projection.Key, string, bool) {
		return projection.Key{Partition: "all", Sort: "x"}, "", len(d.Students) > 0
	})
	roster = projection.New("roster", 1, projection.From(courses, projection.On(
		func(d *document, e projection.Event[event], _ *projection.Writes) error {
			d.Students = append(d.Students, e.Data.Student)
			return nil
		})), students)
	create = annals.Create("POST /courses", courses, course.enrol)
)

// enrol is a service of one aggregate and one route, with more parts.
func enrol(more ...annals.Part) *annals.Service {
	return annals.New("enrol", append([]annals.Part{annals.Aggregate(courses), create}, more...)...)
}

// everything is a service with one of each part, besides personal data and what happens later.
func everything() *annals.Service { return enrolEverything() }

func enrolEverything(more ...annals.Part) *annals.Service {
	return annals.New("enrol", append(more,
		annals.Aggregate(courses, annals.Snapshots{Every: 10, Schema: 1}), create, annals.Secret("SALT", 16),
		annals.Document("GET /courses/{id}", roster),
		annals.List("GET /rooms/{id}/courses", roster, students, annals.Operators),
		annals.React("greet", courses, greet), published(courses),
	)...)
}

func greet(*annals.Tx, projection.Event[event]) error { return nil }

func published(a es.Aggregate[course, event]) annals.Part {
	return annals.Publish(a, func(_ string, e event) (publish.Data, error) { return public(e), nil }, event{})
}
