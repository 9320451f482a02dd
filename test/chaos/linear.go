package main

import (
	"fmt"
	"math"
	"time"

	"github.com/anishathalye/porcupine"
)

// step is an operation's effect on one account.
type step struct {
	kind    string
	cents   int64 // the change of the balance
	refused bool
	known   bool  // the answer has the balance
	balance int64 // after the operation, if known
}

// bank is the model of one account: its balance in cents, below zero while it does not exist.
var bank = porcupine.Model{
	Init: func() any { return int64(-1) },
	Step: func(state, input, _ any) (bool, any) {
		balance, s := state.(int64), input.(step)
		exists := balance >= 0
		if s.kind == "account opening" {
			if s.refused {
				return exists, balance
			}
			return !exists && (!s.known || s.balance == s.cents), s.cents
		}
		if s.refused {
			return !exists || s.cents < 0 && balance+s.cents < 0, balance
		}
		after := balance + s.cents
		return exists && after >= 0 && (!s.known || s.balance == after), after
	},
	DescribeOperation: func(input, _ any) string { return fmt.Sprintf("%+v", input) },
}

// checkAccounts checks that the history of each account is linearizable. It returns how many operations it checked.
func checkAccounts(s *stored, h *history) int {
	byAccount := map[string][]porcupine.Operation{}
	for _, o := range h.operations {
		add := func(id string, cents int64, side int) {
			one := step{kind: o.Kind, cents: cents, refused: o.rejected()}
			end := o.Return
			switch {
			case o.acked():
				one.known, one.balance = true, o.Done[side].balance
			case o.Status == 0 && len(s.own(o.Key)) == 0:
				return // never happened
			case o.Status == 0:
				end = math.MaxInt64 // happened at an unknown time
			}
			byAccount[id] = append(byAccount[id], porcupine.Operation{
				ClientId: o.Client, Input: one, Call: int64(o.Call), Return: int64(end),
			})
		}
		switch {
		case o.Kind == "account transfer" && o.rejected():
			continue // either account may be the reason, so the model can't check it
		case o.Kind == "account transfer":
			add(o.From, -o.Cents, 0)
			add(o.To, o.Cents, 1)
		case o.From != "":
			add(o.From, -o.Cents, 0)
		case o.To != "":
			add(o.To, o.Cents, 0)
		}
	}
	checked := 0
	for id, operations := range byAccount {
		checked += len(operations)
		switch porcupine.CheckOperationsTimeout(bank, operations, time.Minute) {
		case porcupine.Ok:
		case porcupine.Illegal:
			h.violated("Account#%s: the history of %d operations is not linearizable", id, len(operations))
		case porcupine.Unknown:
			h.violated("Account#%s: the check of %d operations for linearizability took more than a minute", id,
				len(operations))
		}
	}
	return checked
}
