internal import Matrix
