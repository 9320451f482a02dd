package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/annals-es/annals/test/northwind/internal/client"
)

// report is a part of the report about a person.
type report struct {
	Status    string     `json:"status"`
	Streams   int        `json:"streams"`
	Documents int        `json:"documents"`
	Rows      int        `json:"rows"`
	Snapshots int        `json:"snapshots"`
	Until     *time.Time `json:"until"`
	Final     *time.Time `json:"final"`
}

// request asks to forget a person.
func (s *stack) request(ctx context.Context, id string) error {
	_, err := s.operator.Send(ctx, client.Command{
		Method: http.MethodPost, Path: "/subjects/" + id + "/forget", Key: "forget-" + id,
	})
	var answered *client.StatusError
	if errors.As(err, &answered) && answered.Status == http.StatusAccepted {
		return nil
	}
	if err == nil {
		err = errors.New("the answer is not 202")
	}
	return fmt.Errorf("forget %s: %w", id, err)
}

// forgotten waits until the report says that a person is forgotten.
func (s *stack) forgotten(ctx context.Context, id string) (report, error) {
	var r report
	err := until(ctx, 90*time.Second, func() error {
		if err := s.operator.Get(ctx, "/subjects/"+id, nil, &r); err != nil {
			return err
		}
		if r.Status != "forgotten" {
			return fmt.Errorf("the report about %s has the status %s", id, r.Status)
		}
		return nil
	})
	return r, err
}

func (s *stack) forget(ctx context.Context, id string) (report, error) {
	if err := s.request(ctx, id); err != nil {
		return report{}, err
	}
	return s.forgotten(ctx, id)
}

// until repeats a check until it finds nothing wrong. It returns the last error when the time is over.
func until(ctx context.Context, limit time.Duration, check func() error) error {
	end := time.Now().Add(limit)
	for {
		err := check()
		if err == nil || time.Now().After(end) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}
