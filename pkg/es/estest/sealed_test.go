package estest_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/estest"
	"github.com/annals-es/annals/pkg/es/projection"
)

type (
	memberEvent interface{ memberEvent() }
	joined      struct {
		First string `json:"first" personal:"owner"`
		Last  string `json:"last" personal:"owner" erased:"\"?\""`
	}
	// joinedOnce is the first schema of joined.
	joinedOnce struct {
		Name string `json:"name" personal:"owner" erased:"\"? ?\""`
	}
)

func (joined) memberEvent()     {}
func (joinedOnce) memberEvent() {}

func members(r *es.Registry[memberEvent]) es.Aggregate[string, memberEvent] {
	return es.Aggregate[string, memberEvent]{StreamType: "Member", Events: r, Evolve: func(s *string, e memberEvent) {
		if j, is := e.(joined); is {
			*s = j.First + " " + j.Last
		}
	}}
}

func split(from joinedOnce) (joined, error) {
	first, last, found := strings.Cut(from.Name, " ")
	if !found {
		return joined{}, errors.New("a name without a space")
	}
	return joined{first, last}, nil
}

// TestGoldenPersonal: golden files hold no personal data, and an upcaster must read them without keys, too.
func TestGoldenPersonal(t *testing.T) {
	t.Parallel()
	cfg := estest.GoldenConfig{Dir: t.TempDir(), Update: true}
	once := es.NewRegistry(es.Type[memberEvent]("MemberJoined", 1, joinedOnce{}))
	estest.For(members(once)).Golden(t, cfg, joinedOnce{"Ada Lovelace"})
	now := es.NewRegistry(es.Type[memberEvent]("MemberJoined", 2, joined{})).
		Upcast("MemberJoined", 1, es.UpcastJSON("MemberJoined", 2, split))
	estest.For(members(now)).Golden(t, cfg, joined{"Ada", "Lovelace"})
	cfg.Update = false
	estest.For(members(now)).Golden(t, cfg, joined{"Ada", "Lovelace"})
	file, err := os.ReadFile(filepath.Join(cfg.Dir, "MemberJoined.v1.json"))
	if err != nil || strings.Contains(string(file), "Ada") || !strings.Contains(string(file), `,"erased":"? ?"}`) {
		t.Errorf("the golden file is %s, %v, want encrypted values with their erased values", file, err)
	}

	without := strings.Replace(string(file), `,"erased":"? ?"`, "", 1) // stored before the erased value was declared
	if err := os.WriteFile(filepath.Join(cfg.Dir, "MemberJoined.v1.json"), []byte(without), 0o600); err != nil {
		t.Fatal(err)
	}
	var report recorder
	estest.For(members(now)).Golden(&report, cfg, joined{"Ada", "Lovelace"})
	got := strings.Join(report.failures, "\n")
	if !strings.Contains(got, "MemberJoined.v1.json") || !strings.Contains(got, "a name without a space") {
		t.Errorf("an upcaster that fails without keys: %q", got)
	}
}

// TestProjectPersonal: the kit of projections delivers personal data as it was given.
func TestProjectPersonal(t *testing.T) {
	t.Parallel()
	now := es.NewRegistry(es.Type[memberEvent]("MemberJoined", 2, joined{}))
	type row struct{ Name string }
	named := func(r *row, e projection.Event[joined], _ *projection.Writes) error {
		r.Name = e.Data.First
		return nil
	}
	names := projection.New("names", 1, projection.From(members(now), projection.On(named)))
	stream := es.StreamID{Type: "Member", ID: "1"}
	estest.Project(t, names, now).Given(stream, joined{"Ada", "Lovelace"}).State(stream, row{"Ada"}).Chaos()
}
