package main

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"
	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// probeEvery is how long a probe pauses before the next.
const probeEvery = 100 * time.Millisecond

// probe opens accounts until the context ends, one after the other, and measures each time how long it takes until a query
// shows it. The query waits for that, 10 s at the most.
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

// lag is from the answer of a command to that of a query which shows it. asked: the command was taken.
func (t traffic) lag() (lag time.Duration, shown, asked bool) {
	id := uuid.NewString()
	var target vegeta.Target
	if err := t.request(&target, http.MethodPost, "/accounts", object{"accountId": id, "ownerName": "Lag", "initialDeposit": dollars(1)}); err != nil {
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
	// An answer from the events themselves says nothing of the read model.
	return time.Since(began), err == nil && status == http.StatusOK && header.Get("Consistency") == "", true
}
