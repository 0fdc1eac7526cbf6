package s3fifo

// A queue is a list of entries in the order in which they came.
type queue[V any] struct {
	newest, oldest *entry[V]
	len            int
}

// push adds an entry as the newest.
func (q *queue[V]) push(e *entry[V]) {
	e.prev, e.next = nil, q.newest
	if q.newest != nil {
		q.newest.prev = e
	} else {
		q.oldest = e
	}
	q.newest = e
	q.len++
}

// remove takes an entry out, wherever it is.
func (q *queue[V]) remove(e *entry[V]) {
	if e.prev != nil {
		e.prev.next = e.next
	} else {
		q.newest = e.next
	}
	if e.next != nil {
		e.next.prev = e.prev
	} else {
		q.oldest = e.prev
	}
	e.prev, e.next = nil, nil
	q.len--
}
