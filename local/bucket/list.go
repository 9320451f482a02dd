package bucket

import (
	"encoding/xml"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxKeys is how many keys S3 lists in one response.
const maxKeys = 1000

// List returns the keys of the bucket that begin with a prefix, sorted.
//
// Errors: those of the file system.
func (b *Bucket) List(prefix string) ([]string, error) {
	var keys []string
	err := filepath.WalkDir(b.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), partPrefix) {
			return err
		}
		local, err := filepath.Rel(b.Dir, path)
		if key := filepath.ToSlash(local); strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
		return err
	})
	if errors.Is(err, os.ErrNotExist) { // the folder is made with the first object
		return nil, nil
	}
	slices.Sort(keys)
	return keys, err
}

// listing is S3's response to ListObjectsV2:
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html.
type listing struct {
	XMLName     xml.Name `xml:"ListBucketResult"`
	Name        string
	Prefix      string
	KeyCount    int
	MaxKeys     int
	IsTruncated bool
	Contents    []listed
}

type listed struct{ Key string }

// list answers with the first page of keys. Further pages are not supported.
func list(w http.ResponseWriter, b *Bucket, prefix string) {
	keys, err := b.List(prefix)
	if err != nil {
		refuse(w, http.StatusInternalServerError, "InternalError", err.Error())
		return
	}
	first := keys[:min(len(keys), maxKeys)]
	answer := listing{
		Name: b.Name, Prefix: prefix, KeyCount: len(first), MaxKeys: maxKeys, IsTruncated: len(first) < len(keys),
	}
	for _, key := range first {
		answer.Contents = append(answer.Contents, listed{key})
	}
	w.Header().Set("Content-Type", "application/xml")
	_ = xml.NewEncoder(w).Encode(answer) // fails only if the client disconnected
}

// lists reports whether a request is ListObjectsV2 for the first page.
func lists(r *http.Request, key string) bool {
	q := r.URL.Query()
	for name := range q {
		if name != "list-type" && name != "prefix" {
			return false
		}
	}
	return r.Method == http.MethodGet && key == "" && q.Get("list-type") == "2"
}
