package dynamostore

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/annals-es/annals/pkg/es/storekit"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/internal/config"
)

// Client is the part of the DynamoDB client that the store uses.
type Client interface {
	dynamodb.QueryAPIClient
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	TransactWriteItems(
		context.Context, *dynamodb.TransactWriteItemsInput, ...func(*dynamodb.Options),
	) (*dynamodb.TransactWriteItemsOutput, error)
}

// Config adjusts a store. The zero value uses the defaults.
type Config struct {
	// Now is the clock. By default it is the process's clock, corrected by the Date of DynamoDB's answers if it is wrong
	// by more than 2 s. A clock given here is never corrected.
	Now func() time.Time
	// ClockOff is called for each answer that shows the process's clock to be wrong, with how far it is ahead of
	// DynamoDB's (negative = behind). If nil, this is only logged.
	ClockOff func(ahead time.Duration)
	// Attempts is how often an append is sent if DynamoDB rejects it because of a concurrent transaction or its outcome is
	// unclear, at least 1. Default 8.
	Attempts int
	// Backoff is the longest pause before the second attempt. It doubles with each attempt, to at most 64 times this
	// value; the actual pause is a random part of it. Default 10 ms.
	Backoff time.Duration
	// Companion adds rows to the transactions of appends. If nil, none are added.
	Companion Companion
	// Log receives warnings: companion rows that were left out, and a wrong clock. If nil, slog.Default.
	Log *slog.Logger
}

// Store is an event store on a DynamoDB table with the keys of [EventsTable]. It is safe for concurrent use. Make one
// with [New].
type Store struct {
	client heard
	table  string
	cfg    Config
	clock  *clock
	seal   *storekit.Seal

	unaccompanied atomic.Int64
}

var (
	_ es.Store = (*Store)(nil)
	_ es.Clock = (*Store)(nil)
)

// New returns the event store on a table. The configuration is optional.
//
// Errors: an error if the table's name is empty or the configuration is invalid.
func New(client Client, table string, given ...Config) (*Store, error) {
	cfg := config.Only(given)
	if cfg.Attempts == 0 {
		cfg.Attempts = 8
	}
	if cfg.Backoff == 0 {
		cfg.Backoff = 10 * time.Millisecond
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if table == "" || cfg.Attempts < 1 || cfg.Backoff < 0 {
		return nil, errors.New("dynamostore.New: the table name must not be empty, Attempts and Backoff must not be negative")
	}
	clock := newClock(cfg)
	return &Store{client: heard{client, clock}, table: table, cfg: cfg, clock: clock, seal: storekit.NewSeal()}, nil
}

// Now implements [es.Clock].
func (st *Store) Now() time.Time { return st.clock.Now() }
