package functions_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/pkg/es/projection"
)

// TestRebuilder: the stages of a rebuild, as the state machine asks for them, let a new generation serve.
func TestRebuilder(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.ok(t, "POST /accounts", opened)
	s.ok(t, "POST /accounts", second)
	s.project(t)
	rebuild, err := s.Rebuilder()
	if err != nil {
		t.Fatal(err)
	}
	stage := projection.Stage{Projection: "accounts"}
	ask := func(task string, in projection.Stage) projection.Stage {
		t.Helper()
		out, err := rebuild(t.Context(), annalslambda.RebuildRequest{Task: task, Segments: 3, Stage: in})
		if err != nil {
			t.Fatalf("rebuild task %s: %v", task, err)
		}
		return out
	}
	all := func(task string, in projection.Stage) {
		t.Helper()
		for _, in.Segment = range in.Segments {
			if out := ask(task, in); !out.Done {
				t.Errorf("rebuild task %s: %+v, want it done", task, out)
			}
		}
	}
	stage = ask(projection.StageBegin, stage)
	if len(stage.Segments) != 3 || stage.Generation != 2 {
		t.Errorf("stage after the start: %+v, want 3 segments and generation 2", stage)
	}
	all(projection.StageFill, stage)
	stage = ask(projection.StageSurvey, stage)
	all(projection.StageCompare, stage)
	if stage = ask(projection.StageSwap, stage); !stage.Done {
		t.Errorf("stage after the swap: %+v, want it done", stage)
	}
	if stage = ask(projection.StageTidy, stage); stage.Done || stage.Wait < 3500 {
		t.Errorf("the generation before is kept: %+v", stage)
	}
	s.query(t, "GET /accounts/a-1", `{"version":1}`)
}

// TestRefusalsAreKnown: what trying again does not mend has a name that the state machine knows.
func TestRefusalsAreKnown(t *testing.T) {
	t.Parallel()
	s := newService(t)
	rebuild, err := s.Rebuilder()
	if err != nil {
		t.Fatal(err)
	}
	_, err = rebuild(t.Context(), annalslambda.RebuildRequest{Task: "dance"})
	if err == nil || errors.As(err, new(*annalslambda.RefusalError)) {
		t.Errorf("unknown task: %v, want an error that is no RefusalError", err)
	}
	err = &annalslambda.RefusalError{Err: &projection.VerificationError{
		Projection: "p", Generation: 2, Count: 1, Differences: []string{"x"},
	}}
	// aws-lambda-go names an error by its Go type.
	if name := reflect.TypeOf(err).Elem().Name(); name != "RefusalError" ||
		!errors.As(err, new(*projection.VerificationError)) || !strings.Contains(err.Error(), "differs from its events") {
		t.Errorf("verify a read model that differs: %s: %v, want a RefusalError with a VerificationError", name, err)
	}
}
