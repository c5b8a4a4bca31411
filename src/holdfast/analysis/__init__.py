"""Pure numbers and words: what does the evidence say?"""
