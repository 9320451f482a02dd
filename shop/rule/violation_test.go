package rule_test

import (
	"errors"
	"fmt"
	"regexp"
	"testing"

	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/product"
	"github.com/annals-es/annals/shop/rule"
)

func TestViolation(t *testing.T) {
	t.Parallel()
	const late, early rule.Code = "too-late", "too-early"
	err := fmt.Errorf("withdraw: %w", late.Because("it is %d o'clock", 5))
	if !rule.Violated(err, late) || rule.Violated(err, early) || rule.Violated(nil, late) ||
		rule.Violated(errors.New("too-late"), late) {
		t.Error("Violated must match a wrapped violation by its own code alone")
	}
	var v *rule.Violation
	if !errors.As(err, &v) || v.Code != late || v.Detail != "it is 5 o'clock" {
		t.Errorf("violation: %+v, want too-late with its detail", v)
	}
	if got := err.Error(); got != "withdraw: too-late: it is 5 o'clock" {
		t.Errorf("text of the error: %s", got)
	}
}

// TestCodes: clients depend on codes, so each has one meaning in all aggregates.
func TestCodes(t *testing.T) {
	t.Parallel()
	kebab := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	seen := map[rule.Code]bool{}
	for _, codes := range [][]rule.Code{rule.Common, account.Codes, order.Codes, product.Codes} {
		for _, code := range codes {
			if !kebab.MatchString(string(code)) {
				t.Errorf("%q is not in kebab case", code)
			}
			if seen[code] {
				t.Errorf("code %q is listed twice", code)
			}
			seen[code] = true
		}
	}
}
