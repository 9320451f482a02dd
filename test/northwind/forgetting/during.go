package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/annals-es/annals/test/internal/servicetest"
	"github.com/annals-es/annals/test/northwind/data"
	"github.com/annals-es/annals/test/northwind/internal/client"
	"github.com/annals-es/annals/test/northwind/internal/importer"
)

// forgetDuring sends the second part of the orders. In its middle, customers are forgotten.
func (t *story) forgetDuring(ctx context.Context) error {
	second := t.nw
	second.Products = nil
	second.Orders = slices.DeleteFunc(slices.Clone(t.nw.Orders), func(o data.Order) bool { return t.before[o.ID] })
	sender := &tolerant{sender: t.operator, refused: map[string]bool{}}
	bar := &progress{}
	in := importer.Importer{Sender: sender, AtOnce: 4, Products: noBar{}, Orders: bar}
	importing := make(chan error, 1)
	go func() { importing <- in.Run(ctx, second) }()
	if err := t.killing(ctx, bar, len(second.Orders)/5); err != nil {
		return err
	}
	sent := int(bar.done.Load())
	if sent == len(second.Orders) {
		return errors.New("the import was over before the customer was forgotten")
	}
	t.say("  %d of %d orders were sent by then", sent, len(second.Orders))
	for _, w := range []lateWrite{
		{customer: late, table: "accounts", to: 1, halt: "projector"},
		{customer: slow, table: "snapshots", from: beforeSnapshot, to: 100},
	} {
		if err := t.comesLate(ctx, w); err != nil {
			return err
		}
	}
	if err := <-importing; err != nil {
		return err
	}
	t.say("  %d commands, %d sent again; refused after the forgetting: orders %v", in.Tally().Commands,
		t.operator.Repeats(), slices.Sorted(maps.Keys(sender.refused)))
	if len(sender.refused) == 0 {
		return errors.New("no order was refused: nobody was forgotten in the middle")
	}
	if err := t.figures(ctx, part(t.nw, func(o data.Order) bool { return !sender.refused[o.ID] })); err != nil {
		return err
	}
	if err := t.verify(ctx); err != nil {
		return err
	}
	return t.gone(ctx, first, during, late, slow)
}

// progress counts orders.
type progress struct{ done atomic.Int64 }

func (p *progress) Add() { p.done.Add(1) }

// tolerant sends commands. When one is refused because its customer is forgotten, it leaves out the rest of the order.
type tolerant struct {
	sender importer.Sender

	mu      sync.Mutex
	refused map[string]bool // by order
}

func (s *tolerant) Send(ctx context.Context, cmd client.Command) (client.Answer, error) {
	order, _, _ := strings.Cut(strings.TrimPrefix(cmd.Path, "/orders/"), "/")
	s.mu.Lock()
	over := s.refused[order]
	s.mu.Unlock()
	if over {
		return client.Answer{}, nil
	}
	answer, err := s.sender.Send(ctx, cmd)
	if isProblem(err, forgottenProblem, addressProblem) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.refused[order] = true
		return client.Answer{}, nil
	}
	return answer, err
}

// killed are the functions that are killed around the forgetting, in this order.
var killed = []string{"command", "reactor", "rebuilder", "projector", "rebuilder", "command"}

// killing forgets a customer when some orders were sent, and kills functions before and after that.
func (t *story) killing(ctx context.Context, sent *progress, orders int) error {
	err := until(ctx, time.Minute, func() error {
		if n := int(sent.done.Load()); n < orders {
			return fmt.Errorf("%d orders were sent in a minute", n)
		}
		return nil
	})
	if err != nil {
		return err
	}
	started := time.Now()
	for i, function := range killed {
		if err := t.kill(ctx, function); err != nil {
			return err
		}
		if i == 0 {
			if err := t.request(ctx, during); err != nil {
				return err
			}
		}
		time.Sleep(forgetWait / time.Duration(len(killed)-2)) // the last ones are killed after the wait
	}
	r, err := t.forgotten(ctx, during)
	if err != nil {
		return err
	}
	t.say("  %s is forgotten after %.1f s: %+v", during, time.Since(started).Seconds(), r)
	t.say("  killed: %s", strings.Join(killed, ", "))
	return nil
}

// kill kills one process of a function, as soon as there is one.
func (t *story) kill(ctx context.Context, function string) error {
	return until(ctx, 10*time.Second, func() error {
		for _, p := range t.Processes() {
			if isOf(p, function) {
				return syscall.Kill(p.PID, syscall.SIGKILL)
			}
		}
		return fmt.Errorf("no process of the %s function runs", function)
	})
}

// isOf reports whether a process runs a function.
func isOf(p servicetest.Process, function string) bool {
	return p.Function() && strings.Contains(strings.ToLower(p.Name), function)
}
