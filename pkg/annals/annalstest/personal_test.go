package annalstest_test

import (
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalshttp"
	"github.com/annals-es/annals/pkg/annals/annalstest"
	"github.com/annals-es/annals/pkg/annals/publish"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// joined is an event with personal data of the member who joins.
type joined struct {
	Name string `json:"name" personal:"owner" erased:"\"(removed)\""`
}

type member struct {
	Name string `json:"name"`
}

func (member) Join(in invite) ([]joined, error) { return []joined{{in.Name}}, nil }

// club is a service with personal data.
func club(t *testing.T, options ...annals.AggregateOption) *annalstest.Service {
	t.Helper()
	members := es.Aggregate[member, joined]{
		StreamType: "Member", Events: es.NewRegistry(es.Type[joined]("MemberJoined", 1, joined{})),
		Evolve: func(m *member, e joined) { m.Name = e.Name },
	}
	names := projection.New("names", 1, projection.From(members, projection.On(
		func(m *member, e projection.Event[joined], _ *projection.Writes) error {
			m.Name = e.Data.Name
			return nil
		},
	)))
	return annalstest.Run(t, annals.New("club", annals.Aggregate(members, options...),
		annals.Publish(members, func(string, joined) (publish.Data, error) { return joinedV1{}, nil }, joined{}),
		annals.Create("POST /members", members, member.Join), annals.Document("GET /members/{id}", names),
		annals.AuditTrail("GET /streams/{type}/{id}")))
}

type joinedV1 struct{}

func (joinedV1) Type() string { return "member.joined.v1" }

// TestForget: a person is forgotten when the request is answered. Everybody is the person "dev": see annals.Anyone.
func TestForget(t *testing.T) {
	t.Parallel()
	s := club(t)
	do := func(route, body string, status int, wants ...string) string {
		t.Helper()
		out := s.Do(t, route, body)
		got := out.Body.String()
		for _, want := range wants {
			if out.Code != status || !strings.Contains(got, want) {
				t.Errorf("%s: %d %s, want %d and %s", route, out.Code, got, status, want)
			}
		}
		return got
	}
	do("POST /subjects/dev/forget", "", 404, "not-found", "Subject#dev not found")
	do("GET /subjects/dev", "", 404, "not-found")
	do("POST /members", `{"id":"m","name":"Ada Lovelace"}`, 201, `"name":"Ada Lovelace"`)
	do("GET /subjects/dev", "", 200, `{"subject":"dev","status":"known","streams":1,`)
	do("GET /subjects/dev/export", "", 200, `"status":"known"`, `"streams":[{"type":"Member","id":"m","events":[{"version":1,`,
		`"data":{"name":"Ada Lovelace"}}]`)
	do("GET /members/m?version=1", "", 200, `"name":"Ada Lovelace"`)

	do("POST /subjects/dev/forget", "", 202, `"status":"requested"`)
	done := do("GET /subjects/dev", "", 200, `"status":"forgotten"`, `"streams":1`, `"documents":1`, `"final":"`,
		`"published":[{"type":"club.member.joined.v1","events":1}]`)
	do("GET /members/m", "", 200, `"name":"(removed)"`)
	do("GET /members/m?version=1", "", 200, `"name":"(removed)"`)
	do("GET /streams/Member/m", "", 200, `"name":"(removed)"`)
	do("GET /subjects/dev/export", "", 200, `"status":"forgotten"`, `"data":{"name":"(removed)"}}]`)
	do("GET /streams/Subject/dev", "", 200, "ForgettingRequested", "KeyDeleted", "StreamsCleared", "SubjectForgotten")
	do("POST /members", `{"id":"n","name":"Ada"}`, 422, "subject-forgotten")

	do("POST /subjects/dev/forget", "", 202, `"status":"forgotten"`)
	if again := do("GET /subjects/dev", "", 200, ""); again != done {
		t.Errorf("a repeat changed the report from %s to %s", done, again)
	}
	for _, m := range s.Published() {
		if strings.Contains(string(m.Detail), "Ada") {
			t.Errorf("published %s", m.Detail)
		}
	}
	do("GET /subjects/$fingerprints", "", 400, "an id that does not begin with $")
	do("POST /subjects/$fingerprints/forget", "", 400, "an id that does not begin with $")
}

// TestWhoMayForget: operators forget and see everybody; others see themselves alone.
func TestWhoMayForget(t *testing.T) {
	t.Parallel()
	s := club(t)
	as := func(who string, scopes ...string) func(route, body string, status int) {
		return func(route, body string, status int) {
			t.Helper()
			out := s.As(t, annalshttp.WithPrincipal(t.Context(), who, scopes...), route, body)
			if out.Code != status {
				t.Errorf("%s %s: %d %s, want %d", who, route, out.Code, out.Body, status)
			}
		}
	}
	ada, bob := as("ada", "club/query", "club/command"), as("bob", "club/query", "club/command")
	operator := as("op", "club/query", "club/operate")
	ada("POST /members", `{"id":"m","name":"Ada Lovelace"}`, 201)
	for _, route := range []string{"GET /subjects/ada", "GET /subjects/ada/export"} {
		ada(route, "", 200)
		bob(route, "", 404)
		operator(route, "", 200)
	}
	ada("POST /subjects/ada/forget", "", 403)
	bob("POST /subjects/ada/forget", "", 403)
	operator("POST /subjects/ada/forget", "", 202)
	ada("GET /members/m", "", 200)
	bob("GET /members/m", "", 404)
	bob("POST /members", `{"id":"n","name":"Bob"}`, 201)
	as("$bob", "club/command")("POST /members", `{"id":"p","name":"Bob"}`, 422)
	as(strings.Repeat("b", 1001), "club/command")("POST /members", `{"id":"p","name":"Bob"}`, 422)
	ada("POST /members", `{"id":"o","name":"Ada"}`, 422)
}

// TestNewKeys: a person who was forgotten can come back, and be forgotten again. What was before does not come back.
func TestNewKeys(t *testing.T) {
	t.Parallel()
	s := club(t, annals.NewKeys)
	do := func(route, body, want string) {
		t.Helper()
		if out := s.Do(t, route, body); out.Code >= 300 || !strings.Contains(out.Body.String(), want) {
			t.Errorf("%s: %d %s, want %s", route, out.Code, out.Body, want)
		}
	}
	do("POST /members", `{"id":"m","name":"Ada Lovelace"}`, "Ada")
	do("POST /subjects/dev/forget", "", "requested")
	do("GET /subjects/dev", "", `"status":"forgotten"`)
	do("POST /members", `{"id":"n","name":"Ada King"}`, "Ada King")
	do("GET /members/m", "", "(removed)")
	do("GET /members/n", "", "Ada King")
	do("GET /subjects/dev", "", `"status":"known","streams":2`)
	do("POST /subjects/dev/forget", "", "requested")
	do("GET /subjects/dev", "", `"status":"forgotten"`)
	do("GET /members/n", "", "(removed)")
}
