package readmodel

import (
	"slices"

	"github.com/annals-es/annals/shop/money"
	"github.com/annals-es/annals/shop/order"
)

// orderLine is units of a product at a price, in documents of drafts.
type orderLine struct {
	Product string `json:"i"`
	Units   int    `json:"q"`
	Price   amount `json:"u"`
}

// price is the price of the line.
//
// Errors: those of [money.Money.Mul].
func (l orderLine) price() (money.Money, error) { return l.Price.money().Mul(l.Units) }

// withItem are the lines of a draft after an item was added: to the line with that product and price, or as a new line.
func withItem(lines []orderLine, item order.ItemAdded) []orderLine {
	i := slices.IndexFunc(lines, func(l orderLine) bool {
		return l.Product == item.ProductID && l.Price.money().Equal(item.UnitPrice)
	})
	if i < 0 {
		return append(lines, orderLine{Product: item.ProductID, Units: item.Quantity, Price: amount(item.UnitPrice)})
	}
	lines[i].Units += item.Quantity
	return lines
}

// withoutProduct are the lines of a draft after all lines of a product were removed.
func withoutProduct(lines []orderLine, product string) []orderLine {
	return slices.DeleteFunc(lines, func(l orderLine) bool { return l.Product == product })
}

// totalOf is the sum of lines; no money if there are none.
//
// Errors: those of [money.Money.Add].
func totalOf(lines []orderLine) (total money.Money, err error) {
	for _, l := range lines {
		price, err := l.price()
		if err == nil {
			total, err = total.Add(price)
		}
		if err != nil {
			return total, err
		}
	}
	return total, nil
}
