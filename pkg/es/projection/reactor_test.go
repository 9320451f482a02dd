package projection_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/reaction"
)

// reactionTo reacts to what is noted.
func reactionTo(react func(text string, cmd es.Command) error) reaction.Reaction {
	return reaction.Reaction{Name: "log", Sources: reactingTo(onNoted(react))}
}

// onNoted reacts to what is noted.
func onNoted(
	react func(text string, cmd es.Command) error,
) func(context.Context, projection.Event[noteEvent], es.Command) error {
	return func(_ context.Context, e projection.Event[noteEvent], cmd es.Command) error {
		switch data := e.Data.(type) {
		case Noted:
			return react(data.Text, cmd)
		case Poisoned:
			panic("poison")
		}
		return nil
	}
}

// reactingTo reacts to every event of notes.
func reactingTo(react func(context.Context, projection.Event[noteEvent], es.Command) error) []reaction.Source {
	return []reaction.Source{reaction.From(noted(notes), reaction.On(react))}
}

// TestReactorPasses: a transient error fails the stream, which is delivered again; any other error parks it. A command
// that is repeated has the same id, so that it can be recognized.
func TestReactorPasses(t *testing.T) {
	t.Parallel()
	errHour := errors.New("throttled")
	for name, err := range map[string]error{
		"conflict": &es.ConflictError{}, "unknown outcome": &es.UnknownOutcomeError{Err: errPoison},
		"deadline": context.DeadlineExceeded, "canceled": fmt.Errorf("react: %w", context.Canceled), "its own": errHour,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench()
			failing := true
			ids := map[string]map[string]bool{}
			r := reactionTo(func(text string, cmd es.Command) error {
				if ids[text] == nil {
					ids[text] = map[string]bool{}
				}
				ids[text][cmd.Ref.ID] = true
				if cmd.Ref.Fingerprint != "log" || cmd.Meta.CorrelationID != "corr" || cmd.Meta.CausationID == "" ||
					cmd.Meta.Actor != "reactor/log" {
					t.Errorf("command of the reaction: %+v", cmd)
				}
				if text == "second" && failing {
					return err
				}
				return nil
			})
			r.Transient = func(err error) bool { return errors.Is(err, errHour) }
			e := b.engineOf(projection.Config{Parallel: 1}, reaction.New(r))
			c := b.write(t, "a", Noted{"first"}, Noted{"second"}, Noted{"third"})
			if failed := e.Apply(t.Context(), []es.Commit{c}); !errors.Is(failed[note("a")], err) {
				t.Errorf("streams that failed: %v, want a with the error of the reaction", failed)
			}
			if at := b.at(t, 1, "a"); at.Version != 1 || at.Parked != nil {
				t.Errorf("checkpoint of a: version %d, parked %v; want 1, not parked", at.Version, at.Parked)
			}
			failing = false
			apply(t, e, c)
			all := map[string]bool{}
			for text, of := range ids {
				if len(of) != 1 {
					t.Errorf("%s had %d command ids, want 1", text, len(of))
				}
				for id := range of {
					all[id] = true
				}
			}
			if at := b.at(t, 1, "a"); at.Version != 3 || len(all) != 3 {
				t.Errorf("checkpoint at version %d, %d command ids", at.Version, len(all))
			}
		})
	}
}

func TestReactorParks(t *testing.T) {
	t.Parallel()
	b := newBench()
	done := map[string]bool{}
	r := reaction.New(reactionTo(func(text string, _ es.Command) error {
		if text == "bad" {
			return errPoison
		}
		done[text] = true
		return nil
	}))
	e := b.engineOf(projection.Config{Parallel: 1}, r)
	apply(t, e, b.write(t, "a", Noted{"x"}, Noted{"bad"}, Noted{"y"}), b.write(t, "b", Poisoned{}),
		b.write(t, "c", Noted{"z"}))
	b.wantParked(t, map[string]string{"a": "failed before 2, seen 3", "b": "failed before 1, seen 1"})
	if diff := cmp.Diff(map[string]bool{"x": true, "z": true}, done); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
}

// TestReactorIsNotRebuilt: a reaction's history is never folded, because its effects can't be undone.
func TestReactorIsNotRebuilt(t *testing.T) {
	t.Parallel()
	b := newBench()
	b.write(t, "a", Noted{"x"})
	r := reaction.New(reactionTo(func(string, es.Command) error {
		t.Error("the reaction ran for events before it was added")
		return nil
	}))
	e := b.engineOf(b.queued(), r)
	if err := e.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.queue.wantJobs(t)
	rebuilder := b.rebuilder(e)
	_, _, run := rebuilder.Run(t.Context(), "log", nil)
	for name, err := range map[string]error{
		"begin": errorOf(rebuilder.Begin(t.Context(), "log")), "fill": errorOf(rebuilder.Fill(t.Context(), "log", 1, 0, nil)),
		"finish": errorOf(rebuilder.Finish(t.Context(), "log", 1)),
		"verify": errorOf(rebuilder.Verify(t.Context(), "log", 1)), "run": run,
	} {
		if !errors.Is(err, projection.ErrNotRebuilt) {
			t.Errorf("%s of a reaction: %v, want ErrNotRebuilt", name, err)
		}
	}
}

// TestDefinitionsThatLackSomething panic when the program starts.
func TestDefinitionsThatLackSomething(t *testing.T) {
	t.Parallel()
	b := newBench()
	for name, make := range map[string]func(){
		"no name":         func() { b.engineOf(projection.Config{}, projection.New("", 1, projection.Source[notebook]{})) },
		"no reaction":     func() { b.engineOf(projection.Config{}, reaction.New(reaction.Reaction{Name: "x"})) },
		"read only":       func() { b.readerFor(projection.Subscription{Projection: logOf(1, false)}) },
		"no projection":   func() { projection.NewInline(b.catalog, projection.Subscription{View: b.view}) },
		"negative budget": func() { b.engineOf(projection.Config{Budget: -1}, logOf(1, false)) },
		"negative pace": func() {
			projection.NewRebuilder(b.engine, b.store, projection.RebuildConfig{WritesPerSecond: -1})
		},
		"twice": func() {
			sub := projection.Subscription{Projection: logOf(1, false), View: b.view}
			projection.NewEngine(b.store, b.catalog, projection.Config{}, sub, sub)
		},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: want a panic", name)
				}
			}()
			make()
		}()
	}
}

// TestDeclarationsKeepTheirMistakes: they never panic, and Check names all their mistakes.
func TestDeclarationsKeepTheirMistakes(t *testing.T) {
	t.Parallel()
	unregistered := noted(es.NewRegistry(es.Type[noteEvent]("", 1, Noted{})))
	on := projection.On[notebook, Noted](nil)
	for name, test := range map[string]struct {
		declared projection.Projection
		says     []string
	}{
		"a fold without a function": {projection.New("x", 1, projection.From(noted(notes), on)), []string{"has no function"}},
		"many": {
			projection.New("", 1, projection.From(noted(notes), on), projection.Topics[notebook](nil), projection.Upgrade(nil),
				projection.OwnRows[string](""), projection.IndexRows[notebook, string]("i", nil)),
			[]string{
				"name must not be empty", "has no function", "Topics has",
				"Upgrade has", "a list has no name", `"i" has no function`,
			},
		},
		"a registry with mistakes": {
			projection.New("x", 1, projection.From[notebook](unregistered)), []string{"needs a name"},
		},
		"a reaction's": {
			reaction.New(reaction.Reaction{Sources: []reaction.Source{
				{}, reaction.From(unregistered), reaction.From(noted(notes), reaction.On[Noted](nil)),
			}}),
			[]string{"needs a name and sources", "make it with From", "needs a name and a schema", "has no function"},
		},
	} {
		err := test.declared.Check()
		for _, says := range test.says {
			if err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%s: %v, want an error with %q", name, err, says)
			}
		}
	}
	if err := logOf(1, false).Check(); err != nil {
		t.Error(err)
	}
}

// TestSkip: commits whose reactions ran elsewhere cause no reactions, in whatever batches they arrive. Later commits
// do.
func TestSkip(t *testing.T) {
	t.Parallel()
	b := newBench()
	var did []string
	e := b.engineOf(projection.Config{Parallel: 1}, reaction.New(reactionTo(func(text string, _ es.Command) error {
		did = append(did, text)
		return nil
	})))
	first, second := b.write(t, "a", Noted{"first"}, Noted{"second"}), b.write(t, "a", Noted{"third"})
	end := es.CommitRef{StreamVersion: es.StreamVersion{Stream: note("a"), Version: second.Version}, Hash: second.Hash}
	other := es.CommitRef{
		StreamVersion: es.StreamVersion{Stream: es.StreamID{Type: "Other", ID: "x"}, Version: 1}, Hash: []byte{1},
	}
	for range 2 { // an import that goes on skips again
		if err := e.Skip(t.Context(), end, other); err != nil {
			t.Fatal(err)
		}
	}
	apply(t, e, first)
	apply(t, e, first, second)
	if len(did) > 0 {
		t.Errorf("reactions: %v, want none", did)
	}
	apply(t, e, b.write(t, "a", Noted{"fourth"}))
	if diff := cmp.Diff([]string{"fourth"}, did); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if err := e.Skip(t.Context(), end); err == nil ||
		!strings.Contains(err.Error(), "has already handled events of it, up to version 4") {
		t.Errorf("skip a stream with events that are handled: %v, want an error with their version", err)
	}
}

// TestSkipLeavesProjections: projections fold what reactions skip.
func TestSkipLeavesProjections(t *testing.T) {
	t.Parallel()
	b := newBench()
	e := b.engineOf(projection.Config{}, logOf(1, false))
	c := b.write(t, "a", Noted{"first"})
	if err := e.Skip(t.Context(), es.CommitRef{
		StreamVersion: es.StreamVersion{Stream: note("a"), Version: 1}, Hash: c.Hash,
	}); err != nil {
		t.Fatal(err)
	}
	if at := b.at(t, 1, "a"); at.Version != 0 {
		t.Errorf("checkpoint of a: version %d, want 0", at.Version)
	}
}
