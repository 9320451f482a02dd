package runner

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/annals-es/annals/internal/debian"
	"github.com/annals-es/annals/local/build"
	"github.com/annals-es/annals/pkg/es/dynamotest/dynamolocal"
)

// prepare builds the template and starts the databases, concurrently. It returns the template's folder.
func (r *runner) prepare(ctx context.Context) (string, error) {
	dir := r.template
	work, ctx := errgroup.WithContext(ctx)
	if dir == "" {
		work.Go(func() error {
			var err error
			dir, err = build.Project{Root: r.root, State: r.state, Stores: r.stores(), Say: r.out}.Synthesize(ctx)
			return err
		})
	}
	work.Go(func() error {
		if err := r.connect(ctx); err != nil {
			return err
		}
		return r.openStores(ctx) // not beside connect: both may install a package, and apt-get runs once at a time
	})
	return dir, work.Wait()
}

// connect finds or starts the database.
func (r *runner) connect(ctx context.Context) error {
	if r.endpoint = r.dynamodb; r.endpoint != "" {
		client := &http.Client{Timeout: 5 * time.Second}
		answer, err := client.Get(r.endpoint)
		if err != nil {
			return fmt.Errorf("DYNAMODB_ENDPOINT=%s does not answer: %w", r.endpoint, err)
		}
		return answer.Body.Close()
	}
	if err := debian.EnsureJava(ctx, r.out); err != nil {
		return err
	}
	dir, err := r.dynamoDBLocal(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	server, err := dynamolocal.Start(ctx, dynamolocal.Options{Dir: dir, DataDir: r.data()})
	if err != nil {
		return err
	}
	r.database, r.endpoint = server, server.Endpoint
	return nil
}

// dynamoDBLocal returns the folder of DynamoDB Local. If neither the module nor the user's cache has it, it is
// downloaded into the cache, which all modules share.
func (r *runner) dynamoDBLocal(ctx context.Context) (string, error) {
	if dir, err := dynamolocal.Find(); err == nil {
		return dir, nil
	}
	dir, err := dynamolocal.CacheDir()
	if err != nil { // the user has no home folder
		dir = dynamolocal.Dir(r.root)
	}
	r.output.Lock()
	fmt.Fprintf(r.out, "downloading DynamoDB Local to %s ...\n", dir)
	r.output.Unlock()
	return dir, dynamolocal.Ensure(ctx, dir)
}
