package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/google/uuid"
)

type object = map[string]any

// patience is how long a command is repeated.
const patience = time.Minute

// send sends a command, and repeats it with the same Idempotency-Key until it has a final answer: 2xx or 4xx.
func (s *stack) send(ctx context.Context, method, path string, body object) (status int, text []byte, err error) {
	if body == nil {
		body = object{}
	}
	sent, err := json.Marshal(body)
	if err != nil {
		return 0, nil, err
	}
	key := uuid.NewString()
	for end := time.Now().Add(patience); ; {
		status, text, err = s.attempt(ctx, method, path, key, sent)
		switch {
		case err == nil && status < 500 && status != http.StatusTooManyRequests:
			return status, text, nil
		case ctx.Err() != nil || time.Now().After(end):
			return 0, nil, fmt.Errorf("%s %s has no final answer: %d %s, %w", method, path, status, text, err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func (s *stack) attempt(ctx context.Context, method, path, key string, body []byte) (int, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, s.base+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", key)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	return answer.StatusCode, text, err
}

// must sends a command that must succeed.
func (s *stack) must(ctx context.Context, method, path string, body object) error {
	status, text, err := s.send(ctx, method, path, body)
	if err == nil && status/100 != 2 {
		err = fmt.Errorf("%s %s: %d %s", method, path, status, text)
	}
	return err
}

func dollars(n int) object { return object{"amount": fmt.Sprintf("%d.00", n), "currency": "USD"} }

// What is for sale, and who pays.
const (
	products = 10
	unit     = 10 // dollars: the price of each product
	stock    = 100_000
	payers   = 8 // accounts that cover everything
	riches   = 1_000_000
	poor     = "poor" // an account that covers nothing
)

// furnish lists products, receives stock, and opens accounts.
func (s *stack) furnish(ctx context.Context) error {
	for i := range products {
		id := fmt.Sprintf("p-%d", i)
		if err := s.must(ctx, http.MethodPost, "/products", object{
			"productId": id, "name": "Product " + id, "unitPrice": dollars(unit),
		}); err != nil {
			return err
		}
		if err := s.must(ctx, http.MethodPost, "/products/"+id+"/stock", object{"quantity": stock}); err != nil {
			return err
		}
	}
	for i := range payers {
		if err := s.open(ctx, fmt.Sprintf("rich-%d", i), riches); err != nil {
			return err
		}
	}
	return s.open(ctx, poor, 1)
}

func (s *stack) open(ctx context.Context, id string, balance int) error {
	return s.must(ctx, http.MethodPost, "/accounts", object{
		"accountId": id, "ownerName": "Owner", "initialDeposit": dollars(balance),
	})
}
