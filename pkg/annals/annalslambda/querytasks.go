package annalslambda

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"golang.org/x/sync/errgroup"

	"github.com/annals-es/annals/pkg/annals/annalsaws/ask"
	"github.com/annals-es/annals/pkg/es"
)

// QueryHandler returns the handler of the query function: it serves API Gateway with [Deployment.Query], and does what
// operators' tools ask for, see package ask.
//
// Errors: those of Query.
func (d Deployment) QueryHandler() (lambda.Handler, error) {
	o, h, err := d.query()
	if err != nil {
		return nil, err
	}
	all := tasks{ask.State: onStream(d.past(o.store)), ask.Readable: o.readable}
	return &askedHandler{tasks: all, log: d.Log, next: lambda.NewHandler(Gateway(d.Service, h, d.Log))}, nil
}

// askedHandler does tasks, and hands all other invocations on as they are.
type askedHandler struct {
	tasks tasks
	log   *slog.Logger
	next  lambda.Handler
}

// Invoke implements [lambda.Handler].
func (h *askedHandler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	if !isTask(payload) {
		return h.next.Invoke(ctx, payload)
	}
	reply, err := h.tasks.do(ctx, h.log, payload)
	if err != nil {
		return nil, err
	}
	return json.Marshal(reply)
}

// past folds the events of a stream: [ask.State].
func (d Deployment) past(
	events es.Reader,
) func(ctx context.Context, stream es.StreamID, in *ask.Request) (*ask.Answer, error) {
	now := d.Store.Now
	if now == nil {
		now = time.Now
	}
	return func(ctx context.Context, stream es.StreamID, in *ask.Request) (*ask.Answer, error) {
		a := d.Service.Aggregate(stream.Type)
		if a == nil {
			return nil, fmt.Errorf("%s: no aggregate has streams of type %q", stream, stream.Type)
		}
		past, err := a.Past(ctx, events, stream.ID, es.Point{Version: in.Version, AsOf: in.AsOf}, now())
		if err != nil {
			return nil, err
		}
		return &ask.Answer{State: &ask.Past{
			Version: past.Version, At: past.At, Provisional: past.Provisional, State: past.State,
		}}, nil
	}
}

// readers is how many streams are read at once.
const readers = 10

// readable decodes what a read model keeps of streams: [ask.Readable]. It reads them one by one: the query function may
// not read several rows of every table at once.
func (o *opened) readable(ctx context.Context, in *ask.Request) (*ask.Answer, error) {
	var (
		mu  sync.Mutex
		all = map[string]string{}
	)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readers)
	if len(in.Streams) == 0 { // the projection may still be unknown
		_, err := o.Reader.Unreadable(ctx, in.Projection)
		return &ask.Answer{Unreadable: all}, err
	}
	for _, name := range in.Streams {
		group.Go(func() error {
			stream, err := es.ParseStreamID(name)
			if err != nil {
				return err
			}
			failed, err := o.Reader.Unreadable(ctx, in.Projection, stream)
			if why := failed[stream]; why != nil {
				mu.Lock()
				defer mu.Unlock()
				all[name] = why.Error()
			}
			return err
		})
	}
	return &ask.Answer{Unreadable: all}, group.Wait()
}
