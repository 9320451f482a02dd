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
	TransactWriteItems(context.Context, *dynamodb.TransactWriteItemsInput, ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error)
}

// Config adjusts a store. The zero value takes the defaults.
type Config struct {
	// Now is the clock. Default: the process's, corrected by the Date of DynamoDB's answers where it is off by more than
	// 2 s. One that is given here is never corrected.
	Now func() time.Time
	// ClockOff is told how far the process's clock is ahead of DynamoDB's, negative for behind, by each answer that shows
	// it to be off. If nil, it is only logged.
	ClockOff func(ahead time.Duration)
	// Attempts is how often an append that DynamoDB turned away without deciding it (a transaction in its way) is sent,
	// from 1. Default 8.
	Attempts int
	// Backoff is the longest pause before the second attempt; it doubles with each, and the pause is a random part of it.
	// Default 10 ms.
	Backoff time.Duration
	// Companion adds rows to the transactions of appends. If nil, nothing is added.
	Companion Companion
	// Log receives why something of the companion was left out. If nil, slog.Default.
	Log *slog.Logger
}

// Store is an event store on a DynamoDB table with the keys of [EventsTable], safe for concurrent use.
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

// New returns the store on a table. The configuration may be left out.
//
// Errors: one that says what is wrong with the table's name or with the configuration.
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
		return nil, errors.New("dynamostore.New: needs a table's name, and attempts and backoff that are positive")
	}
	clock := newClock(cfg)
	return &Store{client: heard{client, clock}, table: table, cfg: cfg, clock: clock, seal: storekit.NewSeal()}, nil
}

// Now implements [es.Clock].
func (st *Store) Now() time.Time { return st.clock.Now() }
