package annalshttp_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/refusal"
)

// refusing is a service with a route whose decision returns an error.
func refusing(err error) annals.Part {
	return annals.Command("POST /courses/{id}/refuse", courseAggregate,
		annals.NoBody(func(course) ([]courseEvent, error) { return nil, err }))
}

// TestRefusalsThatCanNotBeAnswered: a refusal that the service made wrongly is answered with 500, and the log says what
// to change.
func TestRefusalsThatCanNotBeAnswered(t *testing.T) {
	t.Parallel()
	var (
		noRefusal   *annals.Refusal
		noViolation *refusal.Violation
		noMembers   *fullMembers
	)
	with := func(members any) error {
		return &annals.Refusal{Status: 409, Code: "closed", Detail: "it is closed", Members: members}
	}
	for name, test := range map[string]struct {
		err    error
		status int
		says   string // the log, or, if there is none to write, the answer
	}{
		"no code": {
			&annals.Refusal{Status: 409, Detail: "d"}, 500, "a refusal has no code: set annals.Refusal.Code",
		},
		"a violation's code": {refusal.Code("").Because("d"), 500, "a violation has no code: give the refusal.Code a text"},
		"wrapped":            {fmt.Errorf("w: %w", refusal.Code("").Because("d")), 500, "a violation has no code"},
		"a status": {
			&annals.Refusal{Status: 500, Code: "c"}, 500, `refusal \"c\" has the status 500: set annals.Refusal.Status`,
		},
		"nil refusal":          {noRefusal, 500, "a nil *annals.Refusal as an error: return nil instead"},
		"nil violation":        {noViolation, 500, "a nil *refusal.Violation as an error: return nil instead"},
		"members, a text":      {with("x"), 500, `refusal \"closed\" has members of type string, which are no JSON object`},
		"members, a list":      {with([]int{1}), 500, "has members of type []int"},
		"members, not JSON":    {with(func() {}), 500, "has members of type func()"},
		"members, nil pointer": {with(noMembers), 409, `"detail":"it is closed","correlationId":"me"}`},
		"members, nil map":     {with(map[string]int(nil)), 409, `"detail":"it is closed","correlationId":"me"}`},
		"members, none":        {with(struct{}{}), 409, `"detail":"it is closed","correlationId":"me"}`},
		"members, pointer":     {with(&fullMembers{3}), 409, `"correlationId":"me","seats":3}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, refusing(test.err))
			c.as(operator, "POST /courses", golang)
			got := c.as(operator, "POST /courses/go/refuse", "", "X-Correlation-Id: me").want(t, test.status, "")
			said := got.text
			if test.status == 500 {
				said = c.log.String()
			}
			if !strings.Contains(said, test.says) {
				t.Errorf("answer: %s, want %s", said, test.says)
			}
			if !strings.HasPrefix(got.problem.Type, "urn:problem:school:") {
				t.Errorf("the type is %q", got.problem.Type)
			}
		})
	}
}

// TestViolationsCompare: also those that are nil.
func TestViolationsCompare(t *testing.T) {
	t.Parallel()
	var none *refusal.Violation
	if refusal.Violated(none, "closed") || errors.Is(refusal.Code("closed").Because("d"), none) {
		t.Error("a nil violation matches a rule")
	}
}
