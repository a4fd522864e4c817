/* SPDX-License-Identifier: MIT */
/*
 * The bump allocator: a chain of blocks, the newest first. Blocks double from 16 KiB to 1 MiB, a
 * request larger than that gets a block of its own size. Under AddressSanitizer, what was not
 * handed out is poisoned, so that use after arena_reset is seen.
 */
#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#endif

enum {
	ARENA_ALIGN = _Alignof(max_align_t),
	ARENA_BLOCK_MIN = 16 << 10,
	ARENA_BLOCK_MAX = 1 << 20,
};

struct block {
	struct block *next;
	size_t size, used;
	_Alignas(max_align_t) unsigned char bytes[];
};

struct arena {
	struct block *blocks;
	size_t max, used;
	size_t next_size; /* of the next ordinary block */
	size_t fail_in;   /* allocations until one fails; 0: never */
};

struct arena *arena_new(size_t max)
{
	struct arena *arena = mem_new(sizeof(*arena));

	arena->max = max;
	arena->next_size = ARENA_BLOCK_MIN;
	return arena;
}

static void block_free(struct block *block)
{
	ASAN_UNPOISON_MEMORY_REGION(block->bytes, block->size);
	free(block);
}

void arena_free(struct arena *arena)
{
	if (arena == NULL)
		return;
	while (arena->blocks != NULL) {
		struct block *block = arena->blocks;

		arena->blocks = block->next;
		block_free(block);
	}
	free(arena);
}

static struct block *block_add(struct arena *arena, size_t size)
{
	struct block *block;
	size_t room = arena->next_size;

	if (size > room)
		room = size;
	else if (arena->next_size < ARENA_BLOCK_MAX)
		arena->next_size *= 2;
	/* Not mem_new: how much is asked for here is the network's doing, and callers handle NULL. */
	block = malloc(sizeof(*block) + room);
	if (block == NULL)
		return NULL;
	*block = (struct block){.next = arena->blocks, .size = room};
	ASAN_POISON_MEMORY_REGION(block->bytes, room);
	arena->blocks = block;
	return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	struct block *block = arena->blocks;
	void *memory;

	if (arena->fail_in == 1)
		return NULL;
	if (arena->fail_in > 1)
		arena->fail_in--;
	if (size > arena->max || size > SIZE_MAX / 4)
		return NULL;
	size = (size == 0 ? ARENA_ALIGN : size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
	if (size > arena->max - arena->used)
		return NULL;
	if (block == NULL || size > block->size - block->used)
		block = block_add(arena, size);
	if (block == NULL)
		return NULL;
	memory = block->bytes + block->used;
	ASAN_UNPOISON_MEMORY_REGION(memory, size);
	block->used += size;
	arena->used += size;
	return memory;
}

void arena_reset(struct arena *arena)
{
	struct block *kept = NULL, *next;

	/* The largest ordinary block stays; one that a giant needed would only sit there. */
	for (struct block *block = arena->blocks; block != NULL; block = next) {
		next = block->next;
		if (block->size > ARENA_BLOCK_MAX || (kept != NULL && kept->size >= block->size)) {
			block_free(block);
			continue;
		}
		if (kept != NULL)
			block_free(kept);
		kept = block;
	}
	if (kept != NULL) {
		kept->next = NULL;
		kept->used = 0;
		ASAN_POISON_MEMORY_REGION(kept->bytes, kept->size);
	}
	arena->blocks = kept;
	arena->used = 0;
}

size_t arena_used(const struct arena *arena)
{
	return arena->used;
}

void arena_fail_after(struct arena *arena, size_t nth)
{
	arena->fail_in = nth;
}
