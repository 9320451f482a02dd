package annalshttp_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/annals"
)

// enrolInAll is the body of POST /programs: a student takes several courses, or none of them.
type enrolInAll struct {
	Student annals.ID   `json:"student"`
	Courses []annals.ID `json:"courses"`
	Guest   []annals.ID `json:"guest,omitempty"`
}

func (b enrolInAll) own() []annals.ID   { return b.Courses }
func (b enrolInAll) guest() []annals.ID { return b.Guest }

func enrolEverywhere(tx *annals.Tx, b enrolInAll) error {
	for _, id := range append(b.Courses, b.Guest...) {
		c, err := annals.Load(tx, courseAggregate, string(id))
		if err != nil {
			return err
		}
		enrolled, err := c.State.enrol(enrol{b.Student})
		if err != nil {
			return err
		}
		c.Record(enrolled...)
	}
	return nil
}

func versions(d *annals.Done, b enrolInAll) (map[string]int64, error) {
	all := map[string]int64{}
	for _, id := range append(b.Courses, b.Guest...) {
		r, err := annals.ResultOf(d, courseAggregate, string(id))
		if err != nil {
			return nil, err
		}
		if r != nil {
			all[r.ID] = r.Version
		}
	}
	return all, nil
}

func programs() annals.Part {
	return annals.Parts(
		annals.Transact("POST /programs", annals.AtAll(courseAggregate, enrolInAll.own), enrolEverywhere, versions),
		annals.Transact("POST /guests", annals.AtAll(courseAggregate, enrolInAll.own).
			And(annals.AtAll(courseAggregate, enrolInAll.guest)), enrolEverywhere, versions),
	)
}

// open opens courses of a teacher.
func (c *client) open(teacher string, ids ...string) {
	c.t.Helper()
	for _, id := range ids {
		c.as(operator, "POST /courses", fmt.Sprintf(`{"courseId":%q,"title":"T","teacher":%q,"seats":2}`, id, teacher)).
			want(c.t, 201, "")
	}
}

// TestAtAll: a decision over as many aggregates as the request names. The caller needs access to all of them, not to
// those that And adds.
func TestAtAll(t *testing.T) {
	t.Parallel()
	c := newClient(t, programs())
	c.open("ada", "a", "b", "c")
	c.open("bob", "x")
	const two = `{"student":"s","courses":["a","b"]}`
	c.as("ada", "POST /programs", two, "Idempotency-Key: k").want(t, 200, `{"a":2,"b":2}`).
		wantHeader(t, "Consistency-Token", "Course#a@2,Course#b@2").wantHeader(t, "ETag", "")
	c.as("ada", "POST /programs", two, "Idempotency-Key: k").want(t, 200, `{"a":2,"b":2}`) // not done again
	c.as("ada", "POST /programs", `{"student":"t","courses":["c"]}`).want(t, 200, `{"c":2}`)
	c.as("ada", "POST /programs", `{"student":"t","courses":["a","x"]}`).want(t, 404, "Course#x not found") // it is bob's
	c.as("ada", "POST /guests", `{"student":"t","courses":["a"],"guest":["x"]}`).want(t, 200, `{"a":3}`)
	c.as("ada", "POST /guests", `{"student":"u","courses":["c"]}`).want(t, 200, `{"c":3}`)
	c.as("bob", "POST /guests", `{"student":"u","courses":["a"],"guest":["x"]}`).want(t, 404, "Course#a not found")
	c.as(operator, "POST /programs", `{"student":"z","courses":["b","a"]}`).want(t, 409, "course-full") // a is
	c.as(operator, "POST /programs", `{"student":"z","courses":["b","x"]}`).want(t, 200, `{"b":3,"x":3}`)
	if c.log.Len() > 0 {
		t.Errorf("log: %s, want nothing", c.log)
	}
}

// TestAtAllNamesSome: an input that names no aggregate, one twice, or too many, is malformed.
func TestAtAllNamesSome(t *testing.T) {
	t.Parallel()
	c := newClient(t, programs())
	c.open("ada", "a")
	for body, want := range map[string]string{
		`{"student":"s","courses":[]}`:                  "names no aggregate to change: name one at least",
		`{"student":"s","courses":[],"guest":["a"]}`:    "names no aggregate to change",
		`{"student":"s","courses":["a"],"guest":["a"]}`: "names an aggregate twice",
		`{"student":"s","courses":[` + listOf(101) +
			`]}`: "names 101 aggregates to change: a command takes 100 at most",
		`{"student":"s","courses":["a"],"guest":["b","no/"]}`:   "body.guest[1]",
		`{"student":"s","courses":["a","b","a"],"guest":["c"]}`: "names an aggregate twice",
	} {
		c.as(operator, "POST /guests", body).want(t, 400, want)
	}
}

// TestAtAllTakesAHundred: the token of the answer is one that requests may wait for.
func TestAtAllTakesAHundred(t *testing.T) {
	t.Parallel()
	c := newClient(t, programs())
	c.open("ada", strings.Split(strings.ReplaceAll(listOf(100), `"`, ""), ",")...)
	got := c.as("ada", "POST /programs", `{"student":"s","courses":[`+listOf(100)+`]}`).want(t, 200, `"c99":2`)
	token := got.header.Get("Consistency-Token")
	if strings.Count(token, ",") != 9 || !strings.HasPrefix(token, "Course#c0@2,") {
		t.Errorf("the token is %q", token)
	}
	c.project("Course", "c0")
	if got := c.as("ada", "GET /courses/c0", "", "Consistency-Token: "+token); got.status == 400 {
		t.Errorf("the token is refused: %s", got.text)
	}
	if doc := c.as(anyone, "GET /openapi.json", ""); !strings.Contains(doc.text, "of the first 10, if there are more") {
		t.Error("the document does not say which streams the token names")
	}
}

// listOf is a list of ids in JSON.
func listOf(n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("%q", fmt.Sprintf("c%d", i))
	}
	return strings.Join(all, ",")
}
