package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/annals-es/annals/pkg/es"
)

// reservation is a product's stock for an order.
type reservation struct {
	times int  // how often it was reserved
	kept  bool // it was neither released nor shipped
}

// reservations returns the reservations of all products, by order and product.
func (s *stored) reservations() map[string]reservation {
	all := map[string]reservation{}
	for name, commits := range s.streams {
		if !strings.HasPrefix(name, "Product#") {
			continue
		}
		for _, c := range commits {
			for _, e := range c.Events {
				var data struct {
					OrderID string `json:"orderId"`
				}
				_ = json.Unmarshal(e.Data, &data)
				key := data.OrderID + " " + c.Stream.ID
				switch e.Type {
				case "StockReserved":
					all[key] = reservation{all[key].times + 1, true}
				case "ReservationReleased", "ReservationFulfilled":
					all[key] = reservation{all[key].times, false}
				}
			}
		}
	}
	return all
}

// checkReactions checks what the service does by itself. For every paid order the stock was reserved once, or the
// order was flagged as short. No stock is reserved for other orders. No order still waits for its payment, which had
// 8 s. Every payment from an account has ended, and what it took is returned if the order is cancelled.
func (s *stored) checkReactions() (wrong []string) {
	reserved := s.reservations()
	for name, commits := range s.streams {
		kind, id, _ := strings.Cut(name, "#")
		switch kind {
		case "Order":
			wrong = append(wrong, checkOrder(foldOrder(id, commits), reserved)...)
		case "Payment":
			cancelled := foldOrder(id, s.streams["Order#"+id]).status == "cancelled"
			switch last := lastType(commits); {
			case last == "AmountTaken" && cancelled:
				wrong = append(wrong, fmt.Sprintf("order %s is cancelled, and its payment is not returned", id))
			case last != "AmountTaken" && last != "AmountReturned" && last != "PaymentGivenUp":
				wrong = append(wrong, fmt.Sprintf("the payment of order %s has not ended: its last event is %s", id, last))
			}
		}
	}
	return wrong
}

func checkOrder(o *orderFold, reserved map[string]reservation) (wrong []string) {
	if o.status == "placed" {
		wrong = append(wrong, fmt.Sprintf("order %s is not paid in time, and not cancelled", o.id))
	}
	for product := range o.items {
		r := reserved[o.id+" "+product]
		paid := o.status == "paid" // an order that was shipped before the reaction ran needs no reservation
		if r.times > 1 || paid && !o.short && !r.kept || !paid && r.kept {
			wrong = append(wrong, fmt.Sprintf("order %s is %s, but product %s was reserved for it %d times, and is still: %t", o.id,
				o.status, product, r.times, r.kept))
		}
	}
	return wrong
}

func lastType(commits []es.Commit) string {
	events := commits[len(commits)-1].Events
	return events[len(events)-1].Type
}

// taken returns how much was taken from accounts to pay orders, without what was returned, in cents. It is what orders
// and payments say, and the events of accounts are compared with it.
func (s *stored) taken() (cents int64) {
	for name, commits := range s.streams {
		var took int64 // by this payment
		for _, c := range commits {
			for _, e := range c.Events {
				var data struct {
					PaymentID string `json:"paymentId"`
					Amount    amount
				}
				_ = json.Unmarshal(e.Data, &data)
				switch {
				case e.Type == "PaymentReceived" && strings.HasPrefix(data.PaymentID, "account-"):
					cents += int64(data.Amount)
				case e.Type == "AmountTaken" && strings.HasPrefix(name, "Payment#"):
					took = int64(data.Amount)
				case e.Type == "AmountReturned":
					cents -= took
				}
			}
		}
	}
	return cents
}

// deadlines returns how many orders were cancelled because they were not paid, and how many were paid from accounts.
func (s *stored) deadlines() (cancelled, taken int) {
	for _, commits := range s.streams {
		for _, c := range commits {
			for _, e := range c.Events {
				switch {
				case e.Type == "OrderCancelled" && strings.HasPrefix(c.Meta.Actor, "reactor/"):
					cancelled++
				case e.Type == "AmountTaken":
					taken++
				}
			}
		}
	}
	return cancelled, taken
}
