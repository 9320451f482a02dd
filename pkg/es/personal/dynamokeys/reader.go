package dynamokeys

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es/personal"
	"github.com/annals-es/annals/pkg/es/storekit"
)

// reader reads the attributes of an item. err names the first that can't be read, and never quotes it: it may be a
// secret.
type reader struct {
	item item
	err  error
}

var errMissing = errors.New("is missing")

func (r *reader) fail(name string, err error) {
	if r.err == nil {
		subject, _ := r.item[subjectName].(*types.AttributeValueMemberS) // the table's key: each item has it
		if subject == nil {
			subject = &types.AttributeValueMemberS{}
		}
		reason := fmt.Sprintf("the stored item's attribute %q %v", name, err)
		r.err = &personal.KeyError{Subject: subject.Value, Reason: reason}
	}
}

// get returns an attribute if it exists and has the type T.
func get[T types.AttributeValue](r *reader, name string) (T, bool) {
	var none T
	value, has := r.item[name]
	if !has {
		return none, false
	}
	typed, is := value.(T)
	if !is {
		r.fail(name, fmt.Errorf("is %T, want %T", value, none))
	}
	return typed, is
}

func (r *reader) text(name string) string {
	v, is := get[*types.AttributeValueMemberS](r, name)
	if !is {
		r.fail(name, errMissing) // unless it is there with another type
		return ""
	}
	return v.Value
}

// key reads all of a key or tombstone but its secret.
func (r *reader) key() personal.Key {
	return personal.Key{
		Subject: r.text(subjectName), Number: r.number(), Forgotten: r.forgotten(), At: r.at(),
	}
}

func (r *reader) number() int {
	v, is := get[*types.AttributeValueMemberN](r, numberName)
	if !is {
		r.fail(numberName, errMissing)
		return 0
	}
	number, err := strconv.Atoi(v.Value)
	if err != nil || number < 1 {
		r.fail(numberName, fmt.Errorf("is %s, want a whole number from 1", v.Value))
	}
	return number
}

func (r *reader) forgotten() bool {
	v, is := get[*types.AttributeValueMemberBOOL](r, forgottenName)
	return is && v.Value
}

func (r *reader) at() time.Time {
	at, err := storekit.ParseTime(r.text(atName))
	if err != nil {
		r.fail(atName, err)
	}
	return at
}

// secret reads the secret of a key, and checks that a tombstone has none. It is a copy: the item may be the one that
// was sent, which has the caller's slice.
func (r *reader) secret(forgotten bool) []byte {
	v, is := get[*types.AttributeValueMemberB](r, secretName)
	switch {
	case forgotten && is:
		r.fail(secretName, errors.New("must not be in a tombstone"))
	case forgotten:
	case !is:
		r.fail(secretName, errMissing)
	case len(v.Value) != personal.KeyBytes:
		r.fail(secretName, fmt.Errorf("has %d bytes, want %d", len(v.Value), personal.KeyBytes))
	default:
		return bytes.Clone(v.Value)
	}
	return nil
}
