package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/annals-es/annals/test/northwind/data"
	"github.com/annals-es/annals/test/northwind/internal/check"
	"github.com/annals-es/annals/test/northwind/internal/client"
	"github.com/annals-es/annals/test/northwind/internal/expect"
	"github.com/annals-es/annals/test/northwind/internal/importer"
)

type body map[string]any

func dollars(n int) body { return body{"amount": strconv.Itoa(n), "currency": "USD"} }

// post sends a command.
func post(ctx context.Context, c *client.Client, key, method, path string, content any) error {
	_, err := c.Send(ctx, client.Command{Method: method, Path: path, Key: key, Body: content})
	return err
}

// importFirst opens an account for each customer, and sends the first part of the orders. The witness and the customer
// to forget first also have a basket and an account that are long enough for snapshots.
func (t *story) importFirst(ctx context.Context) error {
	nw := part(t.nw, func(o data.Order) bool { return t.before[o.ID] })
	in := importer.Importer{Sender: t.operator, AtOnce: 8, Products: noBar{}, Orders: noBar{}}
	group, running := errgroup.WithContext(ctx)
	group.Go(func() error { return in.Run(running, nw) })
	group.Go(func() error { return t.openAccounts(running) })
	if err := group.Wait(); err != nil {
		return err
	}
	for _, id := range []string{first, witness} {
		group.Go(func() error { return t.long(ctx, t.people[id]) })
	}
	group.Go(func() error { return t.deposit(ctx, t.people[slow], 0, beforeSnapshot) })
	if err := group.Wait(); err != nil {
		return err
	}
	t.say("  %d orders, %d commands, %d accounts", in.Tally().Orders, in.Tally().Commands, len(t.people))
	if err := t.figures(ctx, nw); err != nil {
		return err
	}
	_, err := t.command(ctx, nil, "rebuild", "accounts") // a second generation has the data, too
	return err
}

// beforeSnapshot is a number of deposits after which an account has no snapshot yet. It gets one at 100 events.
const beforeSnapshot = 90

type noBar struct{}

func (noBar) Add() {}

func (t *story) openAccounts(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(4)
	for _, p := range t.people {
		group.Go(func() error {
			c, err := t.customer(ctx, p.ID)
			if err != nil {
				return err
			}
			return post(ctx, c, "open-"+p.ID, http.MethodPost, "/accounts", p.opening(p.account()))
		})
	}
	return group.Wait()
}

// opening is the body that opens an account.
func (p person) opening(id string) body {
	return body{"accountId": id, "ownerName": p.Contact, "email": p.Email, "initialDeposit": dollars(100)}
}

func (p person) basket() string { return "basket-" + p.ID }

// address is the body of the shipping address of the person's first order.
func (p person) address() body {
	to := p.Orders[0].Ship
	return body{"recipient": to.Name, "line1": to.Street, "city": to.City, "country": to.Country}
}

// long makes the person's account and basket long enough for snapshots: of 100 events, and of 50.
func (t *story) long(ctx context.Context, p person) error {
	c, err := t.customer(ctx, p.ID)
	if err != nil {
		return err
	}
	if err := t.deposit(ctx, p, 0, 100); err != nil {
		return err
	}
	var items []body
	for _, product := range t.nw.Products[:45] {
		items = append(items, body{"productId": product.ID, "quantity": 1})
	}
	path := "/orders/" + p.basket()
	creation := body{"orderId": p.basket(), "customerId": p.ID, "items": items}
	if err := post(ctx, c, path, http.MethodPost, "/orders", creation); err != nil {
		return err
	}
	if err := post(ctx, c, path+"-address", http.MethodPut, path+"/shipping-address", p.address()); err != nil {
		return err
	}
	for n, product := range t.nw.Products[45:55] {
		content := body{"productId": product.ID, "quantity": 1}
		if err := post(ctx, c, path+strconv.Itoa(n), http.MethodPost, path+"/items", content); err != nil {
			return err
		}
	}
	return nil
}

// figures compares every figure of Northwind with the service's answers.
func (t *story) figures(ctx context.Context, nw data.Northwind) error {
	want, err := expect.From(nw)
	if err != nil {
		return err
	}
	c := check.Checker{
		Client: t.operator, Want: want, AtOnce: 8, Every: 200 * time.Millisecond, Patience: 30 * time.Second, Limit: time.Minute,
	}
	result, err := c.Run(ctx)
	if err != nil {
		return err
	}
	t.say("  %d figures equal", result.Figures)
	return nil
}

// forgetFirst forgets a customer, and checks what is stored and shown after that.
func (t *story) forgetFirst(ctx context.Context) error {
	for _, id := range []string{first, witness} {
		if err := t.there(ctx, id); err != nil {
			return err
		}
	}
	t.asOf = time.Now()
	time.Sleep(time.Second) // the next second: nothing happens as of the one before
	before, err := t.showAll(ctx)
	if err != nil {
		return err
	}
	started := time.Now()
	r, err := t.forget(ctx, first)
	if err != nil {
		return err
	}
	t.say("  %s is forgotten after %.1f s: %+v", first, time.Since(started).Seconds(), r)
	if err := t.gone(ctx, first); err != nil {
		return err
	}
	if err := t.compare(ctx, before); err != nil {
		return err
	}
	if err := t.exported(ctx, r.Streams); err != nil {
		return err
	}
	if err := t.verify(ctx); err != nil {
		return err
	}
	if err := t.figures(ctx, part(t.nw, func(o data.Order) bool { return t.before[o.ID] })); err != nil {
		return err
	}
	return t.refusals(ctx, t.people[first])
}

// showAll returns what is shown about all people of the story.
func (t *story) showAll(ctx context.Context) (map[string]answers, error) {
	all := map[string]answers{}
	for _, id := range everybody {
		var orders []string
		for _, o := range t.people[id].Orders {
			if t.before[o.ID] {
				orders = append(orders, o.ID)
			}
		}
		if slices.Contains([]string{first, witness}, id) {
			orders = append(orders, t.people[id].basket())
		}
		var err error
		if all[id], err = shown(ctx, t.operator, t.people[id], t.asOf, orders...); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// compare checks that answers show erased values of the one who was forgotten first, and nothing else has changed.
func (t *story) compare(ctx context.Context, before map[string]answers) error {
	after, err := t.showAll(ctx)
	if err != nil {
		return err
	}
	for id := range before {
		if id == first {
			n, err := before[id].erased(after[id], t.finders[id])
			if err != nil {
				return err
			}
			t.say("  %d answers about %s: %d values erased, all else is the same", len(before[id]), id, n)
			continue
		}
		if err := before[id].same(after[id]); err != nil {
			return err
		}
		if len(t.finders[id].in(after[id].text())) == 0 {
			return fmt.Errorf("answers about %s show nothing personal: a check that can't fail", id)
		}
	}
	t.say("  answers about %d others are the same", len(before)-1)
	return nil
}

// exported checks what a person's own export has: all data of the witness, and the streams of the one who was forgotten
// with erased values.
func (t *story) exported(ctx context.Context, streams int) error {
	for _, id := range []string{first, witness} {
		var document json.RawMessage
		if err := t.operator.Get(ctx, "/subjects/"+id+"/export", nil, &document); err != nil {
			return err
		}
		said, err := t.command(ctx, nil, "subjects", "export", id)
		if err != nil {
			return err
		}
		for _, text := range []string{string(document), said} {
			found := t.finders[id].in([]byte(text))
			events := strings.Count(text, `"ShippingAddressSet"`) + strings.Count(text, `"AccountOpened"`)
			switch {
			case id == first && (len(found) > 0 || events != streams):
				return fmt.Errorf("the export of %s has %q, and %d personal events of %d streams", id, found, events, streams)
			case id == witness && len(found) < len(t.people[id].Values)-1: // events have the name in two fields
				return fmt.Errorf("the export of %s has %q only", id, found)
			}
		}
	}
	t.say("  exports: erased values of %s, all values of %s", first, witness)
	return nil
}

// refusals checks that commands with data about a forgotten person are refused, and others are not.
func (t *story) refusals(ctx context.Context, p person) error {
	c, err := t.customer(ctx, p.ID)
	if err != nil {
		return err
	}
	order := "again-" + p.ID
	if err := post(ctx, c, order, http.MethodPost, "/orders", body{"orderId": order, "customerId": p.ID}); err != nil {
		return err
	}
	for _, refused := range []struct {
		method, path string
		content      any
		problem      string
	}{
		{http.MethodPut, "/orders/" + order + "/shipping-address", p.address(), forgottenProblem},
		{http.MethodPut, "/orders/" + p.basket() + "/shipping-address", p.address(), forgottenProblem},
		{http.MethodPost, "/accounts", p.opening("again-" + p.ID), forgottenProblem},
		{http.MethodPost, "/orders/" + p.basket() + "/place", nil, addressProblem},
	} {
		err := post(ctx, c, refused.method+refused.path, refused.method, refused.path, refused.content)
		if err == nil {
			err = errors.New("the command was accepted")
		}
		if !isProblem(err, refused.problem) {
			return fmt.Errorf("%s %s: want 422 %s: %w", refused.method, refused.path, refused.problem, err)
		}
	}
	t.say("  commands with data about %s are refused with 422 %s", p.ID, forgottenProblem)
	return t.gone(ctx, p.ID)
}

// The problems of commands about forgotten people.
const (
	forgottenProblem = "subject-forgotten"
	addressProblem   = "no-shipping-address" // the order had one
)

func isProblem(err error, problems ...string) bool {
	var answered *client.StatusError
	return errors.As(err, &answered) && answered.Status == http.StatusUnprocessableEntity &&
		slices.Contains(problems, answered.Problem())
}
