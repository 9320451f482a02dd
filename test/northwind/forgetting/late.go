package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"time"
)

// lateWrite is a write with a customer's data that is held until the customer is forgotten.
type lateWrite struct {
	customer string
	table    string // the table's name in the description of the service
	from, to int    // these deposits of 1 USD on the customer's account lead to the write
	halt     string // the function that is halted for as long, "" for none
}

// comesLate forgets the customer of a write while the write is held. It reaches DynamoDB after all waits are over, and
// is refused.
func (t *story) comesLate(ctx context.Context, w lateWrite) error {
	p := t.people[w.customer]
	h := t.gate.hold(t.located.Resources.Tables[w.table], t.finders[p.ID])
	depositing := make(chan error, 1)
	go func() { depositing <- t.deposit(ctx, p, w.from, w.to) }()
	if err := h.wait(ctx); err != nil {
		return fmt.Errorf("a write to %s with data of %s: %w", w.table, p.ID, err)
	}
	if n := t.signal(w.halt, syscall.SIGSTOP); w.halt != "" && n == 0 {
		return fmt.Errorf("no process of the %s function runs", w.halt)
	}
	defer t.signal(w.halt, syscall.SIGCONT)
	started := time.Now()
	r, err := t.forget(ctx, p.ID)
	if err != nil {
		return err
	}
	time.Sleep(forgetWait)
	t.say("  %s is forgotten after %.1f s: %+v", p.ID, time.Since(started).Seconds(), r)
	if err := t.gone(ctx, p.ID); err != nil {
		return err
	}
	close(h.free)
	answer := <-h.answer
	if answer.err != nil {
		return answer.err
	}
	if !strings.Contains(answer.body, "ConditionalCheckFailed") {
		return fmt.Errorf("DynamoDB answered the late write to %s with %d %s, want a failed condition", w.table, answer.status,
			answer.body)
	}
	t.signal(w.halt, syscall.SIGCONT)
	t.say("  a write to %s with the data came %.1f s late, and was refused", w.table, time.Since(started).Seconds())
	if err := <-depositing; err != nil {
		return err
	}
	return t.level(ctx, p, 100+w.to)
}

// wait waits until a write is held.
func (h *holding) wait(ctx context.Context) error {
	select {
	case <-h.held:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(30 * time.Second):
		return errors.New("none came within 30 s")
	}
}

// deposit makes deposits of 1 USD on a person's account, numbered from one number to before another.
func (t *story) deposit(ctx context.Context, p person, from, to int) error {
	c, err := t.customer(ctx, p.ID)
	if err != nil {
		return err
	}
	path := "/accounts/" + p.account() + "/deposits"
	for n := from; n < to; n++ {
		key := fmt.Sprintf("deposit-%s-%d", p.ID, n)
		if err := post(ctx, c, key, http.MethodPost, path, body{"amount": dollars(1)}); err != nil {
			return err
		}
	}
	return nil
}

// signal sends a signal to all processes of a function, and returns how many there are.
func (t *story) signal(function string, signal syscall.Signal) int {
	n := 0
	for _, p := range t.Processes() {
		if function != "" && isOf(p, function) && syscall.Kill(p.PID, signal) == nil {
			n++
		}
	}
	return n
}

// level waits until the read model has a balance, and shows no owner.
func (t *story) level(ctx context.Context, p person, balance int) error {
	return until(ctx, time.Minute, func() error {
		var account struct {
			Owner   string `json:"ownerName"`
			Balance struct {
				Amount string `json:"amount"`
			} `json:"balance"`
		}
		if err := t.operator.Get(ctx, "/accounts/"+p.account(), nil, &account); err != nil {
			return err
		}
		if want := fmt.Sprintf("%d.00", balance); account.Balance.Amount != want || account.Owner != removed {
			return fmt.Errorf("the account of %s is %+v, want a balance of %s and the owner %s", p.ID, account, want, removed)
		}
		return nil
	})
}
