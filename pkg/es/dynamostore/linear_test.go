package dynamostore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"golang.org/x/sync/errgroup"

	"github.com/annals-es/annals/pkg/es"
)

// faultyClient sits below the SDK and its retries. Of every 20 requests, some are throttled, fail, lose their answer,
// or are slow.
type faultyClient struct {
	next dynamodb.HTTPClient
	mu   sync.Mutex
	rng  *rand.Rand
	hit  *atomic.Int64
}

func (s *faultyClient) Do(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	dice, delay := s.rng.IntN(20), time.Duration(s.rng.IntN(8))*time.Millisecond
	s.mu.Unlock()
	if dice < 5 {
		s.hit.Add(1)
	}
	switch dice {
	case 0:
		return said(r, http.StatusBadRequest, "ProvisionedThroughputExceededException"), nil
	case 1:
		return said(r, http.StatusInternalServerError, "InternalServerError"), nil
	case 2, 3:
		answer, err := s.next.Do(r)
		if err == nil {
			_ = answer.Body.Close()
		}
		return nil, errors.Join(errLost, err)
	case 4:
		time.Sleep(delay)
	}
	return s.next.Do(r)
}

func said(r *http.Request, status int, kind string) *http.Response {
	body := `{"__type":"com.amazonaws.dynamodb.v20120810#` + kind + `","message":"an injected fault"}`
	return &http.Response{
		StatusCode: status, Request: r, Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}},
		ContentLength: int64(len(body)), Body: io.NopCloser(bytes.NewBufferString(body)),
	}
}

// The operations of clients on an account, and their answers. add 0 reads.
type (
	asked struct {
		account string
		add     int
	}
	answered struct {
		refused bool
		sum     int // result of a read
	}
)

var errShort = errors.New("not enough")

// accounts models what a single client would see.
var accounts = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		of := map[string][]porcupine.Operation{}
		for _, o := range history {
			name := o.Input.(asked).account
			of[name] = append(of[name], o)
		}
		return slices.Collect(maps.Values(of))
	},
	Init: func() any { return 0 },
	Step: func(state, input, output any) (bool, any) {
		sum, in, out := state.(int), input.(asked), output.(answered)
		switch {
		case in.add == 0:
			return out.sum == sum, sum
		case sum+in.add < 0:
			return out.refused, sum
		default:
			return !out.refused, sum + in.add
		}
	},
}

// client performs one operation after the other, and repeats each until it gets an answer.
func (p process) client(
	ctx context.Context, id int, rng *rand.Rand, clock func() int64,
) ([]porcupine.Operation, error) {
	var history []porcupine.Operation
	for i := range 40 {
		in := asked{account: strconv.Itoa(rng.IntN(2)), add: rng.IntN(16) - 8}
		cmd := es.Command{Ref: es.CommandRef{ID: fmt.Sprintf("%d/%d", id, i), Fingerprint: "f"}}
		called := clock()
		var out answered
		var err error
		for range 50 {
			if out, err = p.answer(ctx, in, cmd); err == nil && rng.IntN(4) > 0 { // else simulate a lost answer
				break
			}
		}
		if err != nil {
			return nil, fmt.Errorf("client %d, %+v: %w", id, in, err)
		}
		history = append(history, porcupine.Operation{ClientId: id, Input: in, Call: called, Output: out, Return: clock()})
	}
	return history, nil
}

func (p process) answer(ctx context.Context, in asked, cmd es.Command) (answered, error) {
	if in.add == 0 {
		l, err := p.repo.Load(ctx, in.account)
		return answered{sum: l.State.Sum}, err
	}
	_, err := p.repo.Execute(ctx, in.account, cmd, func(l ledger) ([]ledgerEvent, error) {
		if l.Sum+in.add < 0 {
			return nil, errShort
		}
		return []ledgerEvent{deposited{Sequence: in.add}}, nil
	})
	if errors.Is(err, errShort) {
		return answered{refused: true}, nil
	}
	return answered{}, err
}

// TestLinearizable: six clients in three processes deposit, withdraw and read under faults, and repeat each command id
// until they get an answer. The history must be linearizable: some order of all operations explains every answer. And
// the events must add up: no operation is stored twice, and no refused one is stored.
func TestLinearizable(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	if text := os.Getenv("ANNALS_FAULTS_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("ANNALS_FAULTS_SEED=%d repeats the random choices of this run", seed)
	s := newService(t)
	noFaults := s.start(t)
	for _, account := range []string{"0", "1"} {
		if _, err := noFaults.repo.Create(t.Context(), account, es.Command{}, func() ([]ledgerEvent, error) {
			return []ledgerEvent{deposited{}}, nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	var (
		hits, now atomic.Int64
		mu        sync.Mutex
		all       []porcupine.Operation
		clients   errgroup.Group
	)
	clock := func() int64 { return now.Add(1) }
	for i := range uint64(3) {
		faulty := s.start(t, func(o *dynamodb.Options) {
			o.HTTPClient = &faultyClient{next: o.HTTPClient, rng: rand.New(rand.NewPCG(seed, i)), hit: &hits}
			o.Retryer = retry.NewStandard(func(r *retry.StandardOptions) {
				r.MaxBackoff = 5 * time.Millisecond
				r.RateLimiter = ratelimit.None
			})
		})
		for j := range uint64(2) {
			clients.Go(func() error {
				id := 2*i + j
				history, err := faulty.client(t.Context(), int(id), rand.New(rand.NewPCG(seed, 100+id)), clock)
				mu.Lock()
				defer mu.Unlock()
				all = append(all, history...)
				return err
			})
		}
	}
	if err := clients.Wait(); err != nil {
		t.Fatal(err)
	}
	if hits.Load() == 0 {
		t.Error("no request met a fault")
	}
	if got := porcupine.CheckOperationsTimeout(accounts, all, time.Minute); got != porcupine.Ok {
		t.Errorf("the history of %d operations is %s", len(all), got)
	}
	for _, account := range []string{"0", "1"} {
		want := 0
		for _, o := range all {
			if in := o.Input.(asked); in.account == account && !o.Output.(answered).refused {
				want += in.add
			}
		}
		if got, err := s.start(t).repo.Load(t.Context(), account); err != nil || got.State.Sum != want {
			t.Errorf("account %s has %d, %v; the acknowledged operations add up to %d", account, got.State.Sum, err, want)
		}
	}
	t.Logf("%d operations, %d requests met a fault", len(all), hits.Load())
}
