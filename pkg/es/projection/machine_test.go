package projection_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/annals-es/annals/pkg/es/projection"
)

// machine starts each name once, and runs it to its end like the state machine.
type machine struct {
	mu      sync.Mutex
	started map[string]projection.Stage
	err     error
}

func (m *machine) Start(_ context.Context, name string, s projection.Stage) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return m.err
	}
	if m.started == nil {
		m.started = map[string]projection.Stage{}
	}
	m.started[name] = s
	return nil
}

// wantStarts fails the test unless exactly these were started, and forgets them.
func (m *machine) wantStarts(t *testing.T, want ...string) {
	t.Helper()
	got := slices.Sorted(maps.Keys(m.started))
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("started %v, want %v", got, want)
	}
	m.started = nil
}

// settle runs everything that was started to its end, except what has to wait.
func (m *machine) settle(t *testing.T, r *projection.Rebuilder) {
	t.Helper()
	for name, s := range m.started {
		if _, err := finish(t.Context(), r, s); err != nil {
			t.Fatalf("finish the rebuild, %s: %v", name, err)
		}
	}
	m.started = nil
}

// finish is the state machine without its retries: it repeats steps that are not done, and stops where it would wait.
func finish(ctx context.Context, r *projection.Rebuilder, s projection.Stage) (projection.Stage, error) {
	return finishWith(s, func(what string, s projection.Stage) (projection.Stage, error) {
		return r.Advance(ctx, what, s)
	})
}

type advance func(what string, s projection.Stage) (projection.Stage, error)

func finishWith(s projection.Stage, do advance) (projection.Stage, error) {
	var err error
	if !s.Tidy {
		if s, err = build(s, do); err != nil {
			s.Error = &projection.StageError{Error: "Failure", Cause: `{"errorMessage":"` + err.Error() + `"}`}
			_, failed := do(projection.StageFail, s)
			return s, errors.Join(err, failed)
		}
	}
	for s.Done = false; !s.Done && s.Wait == 0; {
		if s, err = do(projection.StageTidy, s); err != nil {
			return s, err
		}
	}
	return s, nil
}

func build(s projection.Stage, do advance) (projection.Stage, error) {
	s, err := do(projection.StageBegin, s)
	if err != nil {
		return s, err
	}
	if err := each(s, projection.StageFill, do); err != nil {
		return s, err
	}
	for s.Done = false; !s.Done; {
		if s, err = do(projection.StageSurvey, s); err != nil {
			return s, err
		}
		if err := each(s, projection.StageCompare, do); err != nil {
			return s, err
		}
		if s, err = do(projection.StageSwap, s); err != nil {
			return s, err
		}
	}
	return s, nil
}

// each is a map over $.segments. It fails if the stage's JSON has none, like Step Functions.
func each(s projection.Stage, what string, do advance) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	var handed struct{ Segments *[]int }
	if err := json.Unmarshal(text, &handed); err != nil {
		return err
	}
	if handed.Segments == nil {
		return fmt.Errorf("%s: the path $.segments leads to nothing in %s", what, text)
	}
	for _, segment := range *handed.Segments {
		one := projection.Stage{Projection: s.Projection, Generation: s.Generation, Segment: segment}
		for !one.Done {
			var err error
			if one, err = do(what, one); err != nil {
				return err
			}
		}
	}
	return nil
}
