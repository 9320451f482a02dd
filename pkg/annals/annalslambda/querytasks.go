package annalslambda

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"

	"github.com/aws/aws-lambda-go/lambda"
	"golang.org/x/sync/errgroup"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalsaws/ask"
	"github.com/annals-es/annals/pkg/es"
)

// QueryHandler returns the handler of the query function. It serves API Gateway with [Deployment.Query], and does the
// tasks of operators' tools, see package ask.
//
// Errors: those of Query.
func (d Deployment) QueryHandler() (lambda.Handler, error) {
	o, h, err := d.query()
	if err != nil {
		return nil, err
	}
	all := o.subjectTasks()
	all[ask.State], all[ask.Readable] = onStream(d.past(o.store)), o.readable
	return &askedHandler{
		tasks: all.on(d.Tables.Of(annalsaws.Events)), log: d.Log, next: lambda.NewHandler(Gateway(d.Service, h, d.Log)),
	}, nil
}

// askedHandler does tasks. It passes all other invocations to next.
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

// past folds the events of a stream, for [ask.State].
func (d Deployment) past(
	events es.Reader,
) func(ctx context.Context, stream es.StreamID, in *ask.Request) (*ask.Answer, error) {
	return func(ctx context.Context, stream es.StreamID, in *ask.Request) (*ask.Answer, error) {
		a := d.Service.Aggregate(stream.Type)
		if a == nil {
			return nil, fmt.Errorf("%s: no aggregate has streams of type %q", stream, stream.Type)
		}
		past, err := a.Past(ctx, events, stream.ID, es.Point{Version: in.Version, AsOf: in.AsOf}, d.now())
		if err != nil {
			return nil, err
		}
		return &ask.Answer{State: &ask.Past{
			Version: past.Version, At: past.At, Provisional: past.Provisional, State: past.State,
		}}, nil
	}
}

// readers is how many streams are read concurrently.
const readers = 10

// readable decodes the rows that a read model has of streams, for [ask.Readable]. Each stream takes a request: the
// query function has no permission to read several rows of every table in one request.
func (o *opened) readable(ctx context.Context, in *ask.Request) (*ask.Answer, error) {
	var (
		mu  sync.Mutex
		all = map[string]string{}
	)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readers)
	if len(in.Streams) == 0 { // still fails if there is no such projection
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
