package app

import (
	"context"
	"log/slog"
	"net/http"
	"os"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/annals-es/annals/internal/httpapi"
	"github.com/annals-es/annals/internal/readmodel"
	"github.com/annals-es/annals/internal/readmodel/tables"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/projection"
)

// Service is what the functions are built from.
type Service struct {
	DynamoDB *dynamodb.Client
	Tables   TableNames
	Log      *slog.Logger
	// Store adjusts the event store. The zero value takes the defaults.
	Store dynamostore.Config
}

// FromEnvironment reads the tables' names from the environment, and AWS's own settings.
//
// Errors: one that lists every variable of a table that is missing; AWS settings that can't be read.
func FromEnvironment(ctx context.Context, log *slog.Logger, wanted ...tables.Table) (Service, error) {
	names, err := TableNamesFrom(os.Getenv, wanted...)
	if err != nil {
		return Service{}, err
	}
	client, err := NewClient(ctx)
	return Service{DynamoDB: client, Tables: names, Log: log}, err
}

// Command returns the handler of all commands. It needs CommandTables.
func (s Service) Command() (http.Handler, error) {
	store, err := s.store()
	if err != nil {
		return nil, err
	}
	return httpapi.Commands(store, s.http()), nil
}

// Query returns the handler of all queries. It needs QueryTables.
func (s Service) Query() (http.Handler, error) {
	store, err := s.store()
	if err != nil {
		return nil, err
	}
	return httpapi.Queries(s.models(), store, s.http()), nil
}

// Projector returns what takes batches of the event table's stream. It needs ProjectorTables.
func (s Service) Projector() (*Projector, error) {
	store, err := s.store()
	if err != nil {
		return nil, err
	}
	engine := projection.NewEngine(store, projection.Config{}, s.models().Subscriptions()...)
	return &Projector{engine: engine, log: s.Log}, nil
}

func (s Service) store() (*dynamostore.Store, error) {
	return dynamostore.New(s.DynamoDB, s.Tables.Of(tables.Events), s.Store)
}

func (s Service) models() *readmodel.Models { return readmodel.New(s.DynamoDB, s.Tables.Of) }

func (s Service) http() httpapi.Config { return httpapi.Config{Log: s.Log, Unavailable: unavailable} }
