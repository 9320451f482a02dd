package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"time"

	"github.com/annals-es/annals/test/northwind/internal/client"
)

// answers are bodies of answers, by the path and query of the request.
type answers map[string]json.RawMessage

// shown asks for everything that shows data about a person, now and in the past.
func shown(ctx context.Context, c *client.Client, p person, asOf time.Time, orders ...string) (answers, error) {
	past := "?asOf=" + url.QueryEscape(asOf.UTC().Format(time.RFC3339))
	account := "/accounts/" + p.account()
	paths := []string{
		account, account + "?version=1", account + past, account + "/statement?limit=200",
		"/streams/Account/" + p.account() + "?limit=200", "/customers/" + p.ID + "/orders?limit=200",
	}
	for _, o := range orders {
		paths = append(paths, "/orders/"+o, "/orders/"+o+"?version=3", "/orders/"+o+past, "/streams/Order/"+o+"?limit=200")
	}
	out := answers{}
	for _, path := range paths {
		var body json.RawMessage
		if err := c.Get(ctx, path, nil, &body); err != nil {
			return nil, err
		}
		out[path] = body
	}
	return out, nil
}

// text returns all answers as one text.
func (a answers) text() []byte {
	var b bytes.Buffer
	for _, path := range slices.Sorted(maps.Keys(a)) {
		b.Write(a[path])
	}
	return b.Bytes()
}

// erased counts the erased values in answers from after a person was forgotten. It returns an error if anything else
// differs from the answers before, or if a personal value is left.
func (a answers) erased(after answers, personal *finder) (int, error) {
	total := 0
	for path, body := range a {
		if left := personal.in(after[path]); len(left) > 0 {
			return 0, fmt.Errorf("GET %s still shows %q", path, left)
		}
		n, err := erasedInJSON(body, after[path], personal)
		if err != nil {
			return 0, fmt.Errorf("GET %s: %w", path, err)
		}
		if n == 0 && len(personal.in(body)) > 0 {
			return 0, fmt.Errorf("GET %s: nothing is erased", path)
		}
		total += n
	}
	return total, nil
}

// same returns an error if an answer differs from the one before.
func (a answers) same(after answers) error {
	for path, body := range a {
		n, err := erasedInJSON(body, after[path], newFinder(nil))
		if err != nil {
			return fmt.Errorf("GET %s: %w", path, err)
		}
		if n > 0 {
			return fmt.Errorf("GET %s: a name was erased", path)
		}
	}
	return nil
}

func erasedInJSON(before, after json.RawMessage, personal *finder) (int, error) {
	var old, now any
	if err := errors.Join(json.Unmarshal(before, &old), json.Unmarshal(after, &now)); err != nil {
		return 0, err
	}
	return erasedIn(old, now, personal)
}

// removed is the erased value of a name.
const removed = "(removed)"

func erasedIn(old, now any, personal *finder) (int, error) {
	if reflect.DeepEqual(old, now) {
		return 0, nil
	}
	text, err := json.Marshal(old)
	if err != nil {
		return 0, err
	}
	if now == any(removed) || now == nil && len(personal.in(text)) > 0 {
		return 1, nil
	}
	was, is := parts(old), parts(now)
	_, list := old.([]any)
	if was == nil || is == nil || list && len(was) != len(is) {
		return 0, fmt.Errorf("%s became %v, and is not personal", text, now)
	}
	total := 0
	for name := range was {
		n, err := erasedIn(was[name], is[name], personal)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
		total += n
	}
	for name := range is {
		if _, there := was[name]; !there {
			return 0, fmt.Errorf("%s was not there before", name)
		}
	}
	return total, nil
}

// parts returns the members of an object or the elements of an array, and nil for any other value.
func parts(value any) map[string]any {
	switch v := value.(type) {
	case map[string]any:
		return v
	case []any:
		out := map[string]any{}
		for i, element := range v {
			out[fmt.Sprint(i)] = element
		}
		return out
	}
	return nil
}
