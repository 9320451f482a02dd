package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/annals-es/annals/local/bucket"
	"github.com/annals-es/annals/local/bus"
	"github.com/annals-es/annals/local/identity"
	"github.com/annals-es/annals/local/invoke"
	"github.com/annals-es/annals/local/lambda"
	"github.com/annals-es/annals/local/queue"
	"github.com/annals-es/annals/local/scheduler"
	"github.com/annals-es/annals/local/socket"
	"github.com/annals-es/annals/local/states"
	"github.com/annals-es/annals/local/template"
	"github.com/annals-es/annals/pkg/es/dynamotest/dynamolocal"
)

// grace is how long invocations in flight may take when the runner stops.
const grace = 5 * time.Second

// runner is a running service.
type runner struct {
	config
	out, errOut io.Writer
	output      sync.Mutex // so that the lines of the runner and the functions do not mix
	log         *slog.Logger

	lock     *os.File
	listener net.Listener
	database *dynamolocal.Server // nil if DYNAMODB_ENDPOINT is used
	endpoint string
	running  []*runningStore // the stores besides DynamoDB
	gate     *gate           // the proxy between functions and database
	sqs      *queue.Server
	queues   map[string]*queue.Queue // by logical id
	s3       *bucket.Server
	buckets  map[string]*bucket.Bucket // by logical id
	events   *bus.Server
	buses    []*bus.Bus
	sfn      *states.Server
	invokes  *invoke.Server
	host     *lambda.Host
	server   *http.Server
	sockets  *socket.API      // nil if the template has none
	issuer   *identity.Issuer // nil if tokens are not required
	tokens   http.Handler     // the issuer's
	mappings *mappings
	programs *companions // beside the service
	ended    chan error  // errors of parts that should not end by themselves

	schedules *scheduler.Server
	scheduler *scheduler.Scheduler
}

// start starts everything. If it fails, stop ends what has started.
func (r *runner) start(ctx context.Context) error {
	r.log = slog.New(slog.NewTextHandler(lambda.Prefixed(r.errOut, &r.output, ""), nil))
	r.ended = make(chan error, 8)
	var err error
	if r.lock, err = lock(r.state); err != nil {
		return err
	}
	if err := r.listen(); err != nil {
		return err
	}
	if err := r.clear(); err != nil {
		return err
	}
	dir, err := r.prepare(ctx)
	if err != nil {
		return err
	}
	if err := r.openIssuer(); err != nil {
		return err
	}
	if r.sqs, err = queue.Listen(r.log); err != nil {
		return err
	}
	if r.s3, err = bucket.Listen(r.log); err != nil {
		return err
	}
	if r.events, err = bus.Listen(template.Account, template.Region, r.log); err != nil {
		return err
	}
	if r.sfn, err = states.Listen(r.log); err != nil {
		return err
	}
	if r.invokes, err = invoke.Listen(template.Account, template.Region, r.log); err != nil {
		return err
	}
	if r.schedules, err = scheduler.Listen(r.log); err != nil {
		return err
	}
	system, err := template.Read(dir, template.Options{
		APIEndpoint:    r.address(),
		SocketEndpoint: r.socketAddress(),
		SQSEndpoint:    r.sqs.Address(),
		Secret:         r.secret,
		Issuer:         r.issuerAddress(),
	})
	if err != nil {
		return err
	}
	if err := r.wire(ctx, system); err != nil {
		return err
	}
	r.announce(system)
	r.startBeside() //nolint:contextcheck // stop ends them; they start last, because nothing waits for them
	return nil
}

// listen opens the port first, so that a port in use is reported before anything is built.
func (r *runner) listen() error {
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", r.port))
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("port %d is in use: stop the program that uses it, or choose another port, such as PORT=%d",
			r.port, r.port+1)
	case err != nil:
		return fmt.Errorf("listen on port %d: %w", r.port, err)
	}
	r.listener = listener
	return nil
}

// address is the address of the HTTP API.
func (r *runner) address() string { return "http://" + r.listener.Addr().String() }

// clear deletes the data of earlier runs, if FRESH is set.
func (r *runner) clear() error {
	if !r.fresh {
		return nil
	}
	all := []string{
		r.data(), r.checkpoints(), r.queueFiles(), r.bucketFolders(), r.busFiles(), r.executions(), r.scheduleFiles(),
	}
	for _, k := range storeKinds {
		all = append(all, r.storeData(k))
	}
	for _, dir := range all {
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("delete the data of earlier runs: %w", err)
		}
	}
	return nil
}

// wait returns when the context ends, or a part that should not have ended.
func (r *runner) wait(ctx context.Context) error {
	var databaseEnded <-chan struct{}
	if r.database != nil {
		databaseEnded = r.database.Done()
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-r.ended:
		return err
	case <-databaseEnded:
		return fmt.Errorf("DynamoDB Local ended unexpectedly: %s", r.database.LastWords())
	}
}

// stop ends everything, dependents first. Invocations in flight get some time to end.
func (r *runner) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if r.mappings != nil {
		r.mappings.cancel()
	}
	r.closeSocket(ctx)
	r.programs.stop() // before the server, which waits for their responses
	if r.server != nil {
		if err := r.server.Shutdown(ctx); err != nil {
			_ = r.server.Close()
		}
	} else if r.listener != nil {
		_ = r.listener.Close()
	}
	if r.sfn != nil {
		r.sfn.Close()
	}
	if r.invokes != nil {
		r.invokes.Close()
	}
	if r.host != nil {
		r.host.Drain(ctx)
		r.host.Close(ctx)
	}
	if r.mappings != nil {
		if err := r.mappings.wait(); err != nil {
			r.log.ErrorContext(ctx, "write checkpoints: the next run sends some records again", "error", err)
		}
	}
	if r.sqs != nil {
		r.sqs.Close()
	}
	if r.gate != nil {
		r.gate.Close()
	}
	if r.s3 != nil {
		r.s3.Close()
	}
	if r.events != nil {
		r.events.Close()
	}
	if err := r.closeSchedules(); err != nil { // before their queues
		r.log.ErrorContext(ctx, "close the schedules", "error", err)
	}
	if err := r.closeBuses(); err != nil {
		r.log.ErrorContext(ctx, "close the buses", "error", err)
	}
	if err := r.closeQueues(); err != nil {
		r.log.ErrorContext(ctx, "close the queues", "error", err)
	}
	r.stopStores()
	if r.database != nil {
		_ = r.database.Stop() // it ends with this process in any case
	}
	if r.lock != nil {
		_ = r.lock.Close()
	}
}
