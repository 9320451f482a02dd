package dynamostore_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"
	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/dynamotest"
)

// process stands for one process of a service. It has its own cache, and shares its tables with others.
type process struct {
	exec  *es.Executor
	repo  *es.Repository[ledger, ledgerEvent]
	meter *dynamotest.Meter
}

type service struct{ events, snapshots string }

func newService(t *testing.T) service {
	t.Helper()
	client := dynamotest.Client(t)
	return service{
		events: dynamotest.Table(t, client, eventsTable), snapshots: dynamotest.Table(t, client, dynamostore.SnapshotsTable),
	}
}

func (s service) start(t *testing.T, options ...func(*dynamodb.Options)) process {
	t.Helper()
	p := process{meter: &dynamotest.Meter{}}
	client := dynamotest.Client(t, append(options, p.meter.Metered)...)
	store, err := dynamostore.New(client, s.events)
	if err != nil {
		t.Fatal(err)
	}
	warm, err := lru.New[es.StreamID, any](100)
	if err != nil {
		t.Fatal(err)
	}
	p.exec = es.NewExecutor(store)
	p.repo = es.NewRepository(p.exec, ledgers, es.RepositoryConfig{
		Snapshots:  es.Snapshots{Store: dynamostore.NewSnapshots(client, s.snapshots), Every: 100, Schema: 1},
		StateCache: warm,
	})
	return p
}

func (p process) open(t *testing.T, id string, cmd es.Command, events int) error {
	t.Helper()
	_, err := p.repo.Create(t.Context(), id, cmd, func() ([]ledgerEvent, error) { return deposits(events), nil })
	return err
}

func (p process) deposit(t *testing.T, id string, cmd es.Command, events int) error {
	t.Helper()
	_, err := p.repo.Execute(t.Context(), id, cmd, func(ledger) ([]ledgerEvent, error) { return deposits(events), nil })
	return err
}

func deposits(n int) []ledgerEvent {
	out := make([]ledgerEvent, n)
	for i := range out {
		out[i] = deposit(i)
	}
	return out
}

func (p process) transfer(t *testing.T, from, to string, cmd es.Command) error {
	t.Helper()
	_, err := p.exec.Execute(t.Context(), cmd, func(tx *es.Tx) error {
		for _, id := range []string{from, to} {
			e, err := p.repo.Get(tx, id)
			if err != nil {
				return err
			}
			e.Record(deposit(1))
		}
		return nil
	})
	return err
}

func ask(id string) es.Command {
	return es.Command{
		Ref: es.CommandRef{ID: id, Fingerprint: "f"}, Meta: es.Meta{CorrelationID: "0b0e6a4e-9f0a-4a53-b3a7-1d1f0d9c5a10"},
	}
}

// TestCommandCosts counts the requests that commands send on the wire, and the write units of those that write.
func TestCommandCosts(t *testing.T) {
	t.Parallel()
	s := newService(t)
	p := s.start(t)
	type requests = map[string]int
	var table costTable
	check := func(name string, p process, want requests, units float64, do func() error) {
		t.Helper()
		p.meter.Take()
		if err := do(); err != nil {
			t.Errorf("execute %s: %v", name, err)
		}
		got := p.meter.Take()
		if diff := cmp.Diff(want, got.Requests); diff != "" {
			t.Errorf("%s: requests (-want +got):\n%s", name, diff)
		}
		if got.Units() != units {
			t.Errorf("%s: %v units, want %v", name, got.Units(), units)
		}
		table.add(name, got)
	}
	check("new account, the first thing that a process does", p, requests{"PutItem": 1, "Query": 1}, 2, func() error {
		return p.open(t, "z", ask("open z"), 1)
	})
	check("new account", p, requests{"PutItem": 1}, 1, func() error { return p.open(t, "a", ask("open a"), 1) })
	if err := p.open(t, "b", ask("open b"), 1); err != nil {
		t.Fatal(err)
	}
	check("warm deposit", p, requests{"PutItem": 1}, 1, func() error { return p.deposit(t, "a", ask("d1"), 1) })
	check("warm transfer", p, requests{"TransactWriteItems": 1}, 4, func() error {
		return p.transfer(t, "a", "b", ask("t1"))
	})
	check("warm, 100 events", p, requests{"PutItem": 1}, 4, func() error { return p.deposit(t, "a", ask("d2"), 100) })

	cold := s.start(t)
	check("cold deposit, no snapshot", cold, requests{"GetItem": 1, "Query": 1, "PutItem": 1}, 0.5+1+1, func() error {
		return cold.deposit(t, "b", es.Command{}, 1)
	})
	again := s.start(t)
	check("repeat, cold", again, requests{"GetItem": 1, "Query": 1}, 0.5+2, func() error {
		return again.deposit(t, "a", ask("d1"), 1)
	})
	check("repeat, warm", p, requests{"Query": 2}, 4, func() error { return p.deposit(t, "a", ask("d1"), 1) })
	check("repeated creation", again, requests{"PutItem": 1, "GetItem": 1, "Query": 1}, 0.5+1, func() error {
		return again.open(t, "b", ask("open b"), 1)
	})

	for range 100 {
		if err := p.deposit(t, "a", es.Command{}, 100); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.start(t).repo.Snapshot(t.Context(), ledgers.Stream("a")); err != nil {
		t.Fatal(err)
	}
	late := s.start(t)
	check("cold deposit on 10,000 events", late, requests{"GetItem": 1, "Query": 1, "PutItem": 1}, 0.5+1+1, func() error {
		return late.deposit(t, "a", ask("d3"), 1)
	})
	reused := ask("d3")
	reused.Ref.Fingerprint = "another"
	check("key reused", p, requests{"PutItem": 1, "Query": 1}, 1, func() error {
		if err := p.deposit(t, "a", reused, 1); !errors.As(err, new(*es.CommandReusedError)) {
			return fmt.Errorf("key reused: %w", err)
		}
		return nil
	})
	table.compare(t, "../../../docs/performance.md")
}
