package dynamotest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/klauspost/compress/zstd"
)

// frame is the magic number at the start of a zstd frame.
var frame = []byte{0x28, 0xb5, 0x2f, 0xfd}

// attributes returns the attributes of an item or map in the AWS command line's JSON.
func attributes(item map[string]types.AttributeValue) (map[string]any, error) {
	out := make(map[string]any, len(item))
	for name, value := range item {
		var err error
		if out[name], err = attribute(value); err != nil {
			return nil, fmt.Errorf("attribute %q: %w", name, err)
		}
	}
	return out, nil
}

func attribute(value types.AttributeValue) (any, error) {
	switch v := value.(type) {
	case *types.AttributeValueMemberS:
		return map[string]any{"S": v.Value}, nil
	case *types.AttributeValueMemberN:
		return map[string]any{"N": v.Value}, nil
	case *types.AttributeValueMemberBOOL:
		return map[string]any{"BOOL": v.Value}, nil
	case *types.AttributeValueMemberB:
		if bytes.HasPrefix(v.Value, frame) {
			plain, err := unpacked(v.Value)
			return map[string]any{"B, unpacked": plain}, err
		}
		return map[string]any{"B": v.Value}, nil
	case *types.AttributeValueMemberSS:
		return map[string]any{"SS": slices.Sorted(slices.Values(v.Value))}, nil
	case *types.AttributeValueMemberM:
		m, err := attributes(v.Value)
		return map[string]any{"M": m}, err
	case *types.AttributeValueMemberL:
		list := make([]any, len(v.Value))
		for i, element := range v.Value {
			var err error
			if list[i], err = attribute(element); err != nil {
				return nil, err
			}
		}
		return map[string]any{"L": list}, nil
	}
	return nil, fmt.Errorf("unsupported attribute type %T", value)
}

// unpacked returns the content of a zstd frame: JSON, text, or bytes. It also unpacks texts in JSON that are base64
// frames.
func unpacked(packed []byte) (any, error) {
	r, err := zstd.NewReader(nil)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	plain, err := r.DecodeAll(packed, nil)
	if err != nil {
		return nil, err
	}
	var document map[string]any
	if json.Unmarshal(plain, &document) == nil {
		for name, value := range document {
			text, _ := value.(string)
			if inner, err := base64.StdEncoding.DecodeString(text); err == nil && bytes.HasPrefix(inner, frame) {
				if document[name], err = unpacked(inner); err != nil {
					return nil, err
				}
			}
		}
		return document, nil
	}
	if utf8.Valid(plain) && !bytes.ContainsRune(plain, 0) {
		return string(plain), nil
	}
	return plain, nil
}
