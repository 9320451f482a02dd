package main

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"
	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// probeEvery is the pause between two probes.
const probeEvery = 100 * time.Millisecond

// probe opens one account after the other until the context ends. It measures how long it takes until a query shows the
// account. The query waits for that, at most 10 s.
func (t traffic) probe(ctx context.Context, m *measured) {
	for ctx.Err() == nil {
		if lag, shown, asked := t.lag(); shown {
			m.lags.Add(lag)
		} else if asked {
			m.lagging++
		}
		select {
		case <-ctx.Done():
		case <-time.After(probeEvery):
		}
	}
}

// lag returns the time from the answer of a command to the answer of a query that shows it. asked is true if the
// command succeeded, shown if the query shows it.
func (t traffic) lag() (lag time.Duration, shown, asked bool) {
	id := uuid.NewString()
	var target vegeta.Target
	if err := t.request(&target, http.MethodPost, "/accounts", object{
		"accountId": id, "ownerName": "Lag", "initialDeposit": dollars(1),
	}); err != nil {
		return 0, false, false
	}
	status, header, err := send(&target)
	if err != nil || status != http.StatusCreated {
		return 0, false, false
	}
	began := time.Now()
	query := vegeta.Target{Method: http.MethodGet, URL: t.base + "/accounts/" + id, Header: http.Header{
		"Consistency-Token": header["Consistency-Token"], "Prefer": {"wait=10"},
	}}
	status, header, err = send(&query)
	// An answer with the header Consistency is made from the events, so it says nothing about the read model.
	return time.Since(began), err == nil && status == http.StatusOK && header.Get("Consistency") == "", true
}
