package annalstest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalstest"
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

// TestForgottenAtOnce: a test deletes a key, and the personal data is gone.
func TestForgottenAtOnce(t *testing.T) {
	t.Parallel()
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
	s := annalstest.Run(t, annals.New("club", annals.Aggregate(members),
		annals.Create("POST /members", members, member.Join), annals.Document("GET /members/{id}", names)))
	if out := s.Do(t, "POST /members", `{"id":"m","name":"Ada Lovelace"}`); out.Code != 201 {
		t.Fatalf("join: %d %s", out.Code, out.Body)
	}
	shows := func(target, want string) {
		t.Helper()
		if out := s.Do(t, "GET "+target, ""); out.Code != 200 || !strings.Contains(out.Body.String(), want) {
			t.Errorf("GET %s: %d %s, want %s", target, out.Code, out.Body, want)
		}
	}
	shows("/members/m", `"name":"Ada Lovelace"`)
	shows("/members/m?version=1", `"name":"Ada Lovelace"`)
	if _, err := s.Keys.Forget(t.Context(), annals.Development, time.Now()); err != nil { // who created it: see annals.Anyone
		t.Fatal(err)
	}
	shows("/members/m?version=1", `"name":"(removed)"`)
	if out := s.Do(t, "POST /members", `{"id":"n","name":"Ada"}`); out.Code != 422 ||
		!strings.Contains(out.Body.String(), "subject-forgotten") {
		t.Errorf("join again: %d %s, want 422 subject-forgotten", out.Code, out.Body)
	}
}
