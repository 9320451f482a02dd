package inspect

import (
	"fmt"

	"github.com/annals-es/annals/pkg/es/projection"
)

// Apart is a read model in another store than DynamoDB.
type Apart struct {
	Name  string
	Store string
	// Engine reads the progress of this read model, and of no other.
	Engine *projection.Engine
}

// ApartError is why something could not be done in a read model in another store. It was done in the others.
type ApartError struct {
	Projection, Store string
	Err               error
}

// Failed returns the error of what failed in a read model, nil for nil.
func (a Apart) Failed(err error) error {
	if err == nil {
		return nil
	}
	return &ApartError{Projection: a.Name, Store: a.Store, Err: err}
}

func (e *ApartError) Error() string {
	return fmt.Sprintf("read model %s, in store %s: %v", e.Projection, e.Store, e.Err)
}
func (e *ApartError) Unwrap() error { return e.Err }
