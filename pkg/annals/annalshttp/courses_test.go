package annalshttp_test

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/refusal"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// The service of the tests: courses, in which students enrol, and notes of them.

type courseEvent interface{ isCourseEvent() }

type (
	courseOpened struct {
		Title, Teacher string
		Seats          int
	}
	studentEnrolled struct{ Student string }
	studentLeft     struct{ Student string }
)

func (courseOpened) isCourseEvent()    {}
func (studentEnrolled) isCourseEvent() {}
func (studentLeft) isCourseEvent()     {}

// course is the state of a course.
type course struct {
	Title    string   `json:"title"`
	Teacher  string   `json:"teacher"`
	Seats    int      `json:"seats"`
	Students []string `json:"students"`
}

func (c *course) evolve(event courseEvent) {
	switch e := event.(type) {
	case courseOpened:
		*c = course{Title: e.Title, Teacher: e.Teacher, Seats: e.Seats, Students: []string{}}
	case studentEnrolled:
		c.Students = append(c.Students, e.Student)
	case studentLeft:
		c.Students = slices.DeleteFunc(c.Students, func(s string) bool { return s == e.Student })
	}
}

var courseAggregate = es.Aggregate[course, courseEvent]{
	StreamType: "Course",
	Events: es.NewRegistry(
		es.Type[courseEvent]("CourseOpened", 1, courseOpened{}),
		es.Type[courseEvent]("StudentEnrolled", 1, studentEnrolled{}),
		es.Type[courseEvent]("StudentLeft", 1, studentLeft{}),
	),
	Evolve: (*course).evolve,
}

// seats are how many students a course takes.
type seats int

func (s seats) Validate() error {
	if s%2 != 0 {
		return errors.New("must be even: students sit in pairs")
	}
	return nil
}

// openCourse is the body of POST /courses.
type openCourse struct {
	CourseID annals.ID `json:"courseId,omitempty" annals:"id"`
	Title    string    `json:"title" minLength:"1" maxLength:"40"`
	Teacher  string    `json:"teacher" minLength:"1" maxLength:"40"`
	Seats    seats     `json:"seats" minimum:"2"`
	Rooms    []room    `json:"rooms,omitempty" maxItems:"3"`
}

type room struct {
	Name  string `json:"name" minLength:"1"`
	Seats seats  `json:"seats"`
}

func (course) open(b openCourse) ([]courseEvent, error) {
	return []courseEvent{courseOpened{Title: b.Title, Teacher: b.Teacher, Seats: int(b.Seats)}}, nil
}

// enrol is the body of POST /courses/{id}/students.
type enrol struct {
	Student annals.ID `json:"student"`
}

// fullError is the refusal of a course that has no seat left.
type fullError struct{ seats int }

func (e *fullError) Error() string { return fmt.Sprintf("all %d seats are taken", e.seats) }

// fullMembers are the members that fullError adds to a problem.
type fullMembers struct {
	Seats int `json:"seats" doc:"How many seats a full course has"`
}

func refusedFull(err error) *annals.Refusal {
	var full *fullError
	if !errors.As(err, &full) {
		return nil
	}
	return &annals.Refusal{Status: 409, Code: "course-full", Detail: full.Error(), Members: fullMembers{full.seats}}
}

func (c course) enrol(b enrol) ([]courseEvent, error) {
	switch {
	case slices.Contains(c.Students, string(b.Student)):
		return nil, nil
	case len(c.Students) == c.Seats:
		return nil, &fullError{c.Seats}
	}
	return []courseEvent{studentEnrolled{string(b.Student)}}, nil
}

// leave is the input of DELETE /courses/{id}/students/{student}.
type leave struct {
	Student annals.ID `path:"student" json:"-"`
}

func (c course) leave(b leave) ([]courseEvent, error) {
	if !slices.Contains(c.Students, string(b.Student)) {
		return nil, refusal.Code("not-enrolled").Because("%s is not in the course", b.Student)
	}
	return []courseEvent{studentLeft{string(b.Student)}}, nil
}

func (c course) empty() ([]courseEvent, error) {
	var all []courseEvent
	for _, s := range c.Students {
		all = append(all, studentLeft{s})
	}
	return all, nil
}

// move is the body of POST /moves.
type move struct {
	Student annals.ID `json:"student"`
	From    annals.ID `json:"from"`
	To      annals.ID `json:"to"`
}

// moved is the answer of POST /moves.
type moved struct {
	From *annals.Result[course] `json:"from"`
	To   *annals.Result[course] `json:"to,omitempty"`
}

func moveStudent(tx *annals.Tx, b move) error {
	from, err := annals.Load(tx, courseAggregate, string(b.From))
	if err != nil {
		return err
	}
	to, err := annals.Load(tx, courseAggregate, string(b.To))
	if err != nil {
		return err
	}
	left, err := from.State.leave(leave{b.Student})
	if err != nil {
		return err
	}
	enrolled, err := to.State.enrol(enrol{b.Student})
	from.Record(left...)
	to.Record(enrolled...)
	return err
}

func answerMoved(d *annals.Done, b move) (out moved, err error) {
	if out.From, err = annals.ResultOf(d, courseAggregate, string(b.From)); err != nil {
		return out, err
	}
	out.To, err = annals.ResultOf(d, courseAggregate, string(b.To))
	return out, err
}

// note is a teacher's note about a student. Each write replaces it.
type note struct {
	Text string `json:"text" minLength:"1"`
}

var noteAggregate = es.Aggregate[note, note]{
	StreamType: "Note", Events: es.NewRegistry(es.Type[note]("Noted", 1, note{})), Evolve: func(s *note, e note) {
		*s = e
	},
}

// writeNote is the body of PUT /notes/{id}.
type writeNote struct {
	Text string `json:"text" minLength:"1"`
}

func write(_ note, b writeNote) ([]note, error) { return []note{{b.Text}}, nil }

// courses is the read model of courses.
var (
	courses = projection.New("courses", 1, projection.From(courseAggregate,
		projection.On(func(c *course, e projection.Event[courseEvent], _ *projection.Writes) error {
			c.evolve(e.Data)
			return nil
		}),
	), byTeacher)
	byTeacher = projection.IndexRows("by-teacher", func(c *course) (projection.Key, listed, bool) {
		return projection.Key{Partition: c.Teacher, Sort: c.Title}, listed{c.Title, len(c.Students)}, true
	})
)

// listed is a course in a list.
type listed struct {
	Title    string `json:"title"`
	Students int    `json:"students"`
}

// overview is the input of GET /overviews/{id}.
type overview struct {
	ID   annals.ID `path:"id" json:"-"`
	Free bool      `query:"free" doc:"With the seats that are free"`
	Sort string    `query:"sort" enum:"asc,desc" default:"asc"`
	Less int64     `query:"less" minimum:"0" maximum:"5"`
}

// viewed is the answer of GET /overviews/{id}.
type viewed struct {
	Title string `json:"title"`
	Free  int    `json:"free,omitempty"`
	Sort  string `json:"sort"`
	Less  int64  `json:"less"`
}

func view(ctx context.Context, s *projection.Session, q overview) (viewed, error) {
	d, err := courses.Document(ctx, s, courseAggregate.Stream(string(q.ID)))
	if err != nil {
		return viewed{}, err
	}
	out := viewed{Title: d.Data.Title, Sort: q.Sort, Less: q.Less}
	if q.Free {
		out.Free = d.Data.Seats - len(d.Data.Students)
	}
	return out, nil
}

// school returns the service.
func school(more ...annals.Part) *annals.Service {
	return annals.New("school", annals.Parts(more...),
		annals.API{Title: "School", License: annals.License{Name: "MIT License", Identifier: "MIT"}},
		annals.Aggregate(courseAggregate, annals.OwnedBy(func(e courseOpened) string { return e.Teacher })),
		annals.Aggregate(noteAggregate, annals.Hidden),
		annals.Create("POST /courses", courseAggregate, course.open, annals.Operators),
		annals.Command("POST /courses/{id}/students", courseAggregate, course.enrol),
		annals.Command("DELETE /courses/{id}/students/{student}", courseAggregate, course.leave),
		annals.Command("POST /courses/{id}/empty", courseAggregate, annals.NoBody(course.empty)),
		annals.CreateOrChange("PUT /notes/{id}", noteAggregate, write),
		annals.Transact("POST /moves", annals.At(courseAggregate, func(m move) annals.ID { return m.From },
			func(m move) annals.ID { return m.To }), moveStudent, answerMoved),
		annals.Document("GET /courses/{id}", courses),
		annals.List("GET /teachers/{id}/courses", courses, byTeacher, annals.OwnerOnly),
		annals.Query("GET /overviews/{id}", courses, view, annals.About(courseAggregate)),
		annals.AuditTrail("GET /streams/{type}/{id}"),
		annals.Refusals[fullMembers](refusedFull),
	)
}
