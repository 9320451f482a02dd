package annalslambda

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/annals/annalsaws/ask"
)

// TestTasksAnswer: a task that has not enough time, or whose answer is too large, fails in its answer, not in the
// invocation. The log says what each was about.
func TestTasksAnswer(t *testing.T) {
	t.Parallel()
	all := tasks{
		ask.CatchUp: func(ctx context.Context, _ *ask.Request) (*ask.Answer, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		},
		ask.State: func(context.Context, *ask.Request) (*ask.Answer, error) {
			return &ask.Answer{State: &ask.Past{State: make(json.RawMessage, maxState+1)}}, nil
		},
		ask.Rollback: func(context.Context, *ask.Request) (*ask.Answer, error) { return &ask.Answer{Generation: 3}, nil },
	}
	for name, test := range map[string]struct {
		in            string
		fails, logged string
	}{
		"late": {
			`{"task":"catch-up","stream":"A#1","projections":["p"]}`,
			"ran out of time", "task=catch-up stream=A#1 projection=p error=",
		},
		"large": {`{"task":"state","stream":"A#1"}`, "the state of A#1 has 5242881 bytes", "task=state stream=A#1 error="},
		"done":  {`{"task":"rollback","projection":"p"}`, "", "task=rollback projection=p generation=3"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), taskMargin+time.Millisecond)
			defer cancel()
			var said bytes.Buffer
			out, err := all.do(ctx, slog.New(slog.NewTextHandler(&said, nil)), []byte(`{"annals":`+test.in+`}`))
			if err != nil {
				t.Fatal(err)
			}
			failure := ""
			if out.Annals.Error != nil {
				failure = out.Annals.Error.Message
			}
			if (failure == "") != (test.fails == "") || !strings.Contains(failure, test.fails) ||
				!strings.Contains(said.String(), test.logged) {
				t.Errorf("task failed with %q, logged %s; want %q and %q", failure, said.String(), test.fails, test.logged)
			}
		})
	}
}
