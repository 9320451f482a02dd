package importer

import (
	"fmt"
	"strconv"

	"github.com/bojanz/currency"

	"github.com/annals-es/annals/test/northwind/data"
)

const dollars = "USD"

// money is an amount in the API's JSON.
type money struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
}

func usd(amount string) money { return money{Amount: amount, Currency: dollars} }

// unitPrice returns the price of one unit of a line, less the line's discount, rounded half up to the cent. For
// example, 7.70 less 5 % is 7.315, so the result is 7.32.
func unitPrice(l data.Line) (currency.Amount, error) {
	price, err := currency.NewAmount(l.UnitPrice, dollars)
	if err != nil {
		return currency.Amount{}, fmt.Errorf("unit price of product %s: %w", l.ProductID, err)
	}
	off, err := price.Mul(l.Discount)
	if err != nil {
		return currency.Amount{}, fmt.Errorf("discount on product %s: %w", l.ProductID, err)
	}
	if price, err = price.Sub(off); err != nil {
		return currency.Amount{}, err
	}
	return price.RoundTo(2, currency.RoundHalfUp), nil
}

// bill adds up the lines of an order.
type bill struct{ total currency.Amount }

// add adds a line and returns its unit price.
func (b *bill) add(l data.Line) (money, error) {
	price, err := unitPrice(l)
	if err != nil {
		return money{}, err
	}
	line, err := price.Mul(strconv.Itoa(l.Quantity))
	if err != nil {
		return money{}, err
	}
	if b.total, err = line.Add(b.total); err != nil { // the zero Amount takes the other's currency
		return money{}, err
	}
	return usd(price.Number()), nil
}

func (b *bill) money() money { return usd(b.total.Number()) }
