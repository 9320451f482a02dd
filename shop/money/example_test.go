package money_test

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/annals-es/annals/shop/money"
)

func Example() {
	price := money.Must(money.New("0.1", "USD"))
	total := money.Must(price.Mul(3))
	fmt.Println(total)

	data, _ := json.Marshal(total)
	fmt.Println(string(data))

	_, err := total.Add(money.Must(money.New("100", "JPY")))
	var mismatch *money.CurrencyMismatchError
	fmt.Println(errors.As(err, &mismatch), err)
	// Output:
	// 0.30 USD
	// {"amount":"0.30","currency":"USD"}
	// true currencies differ: USD and JPY
}
