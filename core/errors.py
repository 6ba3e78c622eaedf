"""The errors a person may see. The docstring is the sentence; its braces are filled from the arguments."""


class ThawError(Exception):
    """Something went wrong that a person can mend."""

    def __init__(self, **received):
        self.received = received
        super().__init__((type(self).__doc__ or "").strip().format(**received))


# Photos


class PathNotFound(ThawError):
    """There is no folder or zip at {path}. Check the spelling; the path is one on the computer Thaw runs on."""


class PathNotAllowed(ThawError):
    """Thaw may not read {path}. Allowed are: {allowed}. The operator can add a folder with THAW_PHOTOS."""


class NoPhotos(ThawError):
    """No readable photo was found in {source}. Expected one folder a class with photos inside (JPEG, PNG, WebP, HEIC)."""


class PhotoMissing(ThawError):
    """The file of photo {photo} is missing from {folder}. Import its dataset again."""


class CaseTwins(ThawError):
    """Classes {first} and {second} in {source} differ only in capital letters or in how their letters are written. Rename one, or put their photos into one folder."""


class NoTraining(ThawError):
    """{source} has {parts} photos, but none to train on. Expected a folder train (or training) beside them, with the same class folders."""


class PartsWithoutClasses(ThawError):
    """{source} is divided into {parts}, but there are no class folders inside. Expected class folders in each part (train/oak/1.jpg), or a CSV of paths and labels beside the photos."""


class NotDivided(ThawError):
    """The photos of {name} came undivided, so there is no given split. Make one (`split`), or import train, validation and test folders."""


class NothingToDraw(ThawError):
    """{source} has no {part} photos, and its training part is too small to draw some from: every class has one photo there. Add photos."""


class BadLabels(ThawError):
    """{name} can't be used as a list of photos and their classes: {reason}. Nothing was imported."""


class DecoderNotStarted(ThawError):
    """Photos can't be read just now: the process that decodes them didn't start ({reason}). Nothing was imported; try again, and look at the server's log if it stays so."""


class TooManyCrashes(ThawError):
    """More than {count} files were no photos but made the decoder stop, at last one of which: {reason}. Nothing was imported; take such files out."""


class OneClass(ThawError):
    """Only one class ({name}) has photos in {source}; a classifier needs at least two class folders."""


class ClassTooSmall(ThawError):
    """Class {name} has {count} photo(s); at least {needed} are needed so that every part of the split gets one. Add photos or leave the class out."""


class BadZip(ThawError):
    """{name} can't be opened as a zip ({reason}). Make the zip again and upload it once more."""


class ZipTooLarge(ThawError):
    """{name} was refused: {reason}. The limits protect this computer; split the zip or import from a folder."""


class BadFractions(ThawError):
    """The parts {fractions} don't work: each of train, validation and test must be above 0 and together they must be 1."""


class EmptyPart(ThawError):
    """The {part} part would get no photo of class {name} ({count} photos). Use a larger fraction for {part} or add photos."""


class NearCopiesStuck(ThawError):
    """Class {name} can't be divided while near copies stay together: its {count} photos are {units} photo(s) or groups of near copies, so the {part} part would get none. Add other photos of it, leave some of the copies out, or divide without keeping near copies together (`split --apart`)."""


class NothingToLeaveOut(ThawError):
    """None of these photos is in {name}, so there is nothing to leave out. Choose its newest version and tick photos there."""


class ClassLeftEmpty(ThawError):
    """All {count} photo(s) of class {name} would be left out. Keep at least one of them: every class needs photos."""


class UnknownDataset(ThawError):
    """There is no dataset {name}. Known are: {known}."""


class DatasetDamaged(ThawError):
    """The dataset {name} can't be read: its file {file} is damaged. Import the same photos under the same name again; that mends it, and the runs trained on it fit it again."""


class SplitDamaged(ThawError):
    """The split {split} can't be read: its file {file} is damaged. Make it again with the same parts and the same seed; that mends it, and the runs trained on it fit it again."""


class UnknownSplit(ThawError):
    """There is no split {split} of dataset {dataset}. Make one with `split` or on the Photos page."""


class NoSplit(ThawError):
    """Dataset {dataset} has no split yet. Make one with `split` or on the Photos page."""


class BadName(ThawError):
    """{name} can't be used as a name: {reason}."""


# Recipes


class UnknownOperation(ThawError):
    """There is no augmentation {name}. Known are: {known}."""


class BadParameter(ThawError):
    """{parameter} of {operation} must be {expected}. Received: {value}."""


class UnknownRecipe(ThawError):
    """There is no recipe {name}. Saved recipes are: {known}."""


class BadRecipe(ThawError):
    """The recipe {name} can't be used: {reason}. Save it again from the Augment page."""


class BuiltInRecipe(ThawError):
    """The recipe {name} is built in and stays. Duplicate it to change it."""


class WrongPhotos(ThawError):
    """The recipe is for photos of {expected}. Received: {shape}. Turn grey photos into RGB and give all one size first."""


# Training


class UnknownBackbone(ThawError):
    """There is no backbone {name}. Known are: {known}."""


class UnknownPreset(ThawError):
    """There is no preset {name}. Known are: {known}."""


class BadSpec(ThawError):
    """The training plan can't be used: {reason}."""


class OtherSplit(ThawError):
    """Run {name} was trained on split {trained}, and this plan is for {received}. What starts from a run keeps its photos and its split, or photos that it learnt from would judge it: choose that split, or other weights."""


class NoTrainedWeights(ThawError):
    """Run {name} can't lend its weights: {reason}. Choose a finished run that was trained here."""


class BadSweep(ThawError):
    """This freeze sweep can't be trained: {reason}. Give other cuts or seeds."""


class TooManyFrozen(ThawError):
    """Phase {phase} freezes the first {frozen} layers, but {backbone} has {layers}. Use a number from 0 to {layers} or "all"."""


class InputTooSmall(ThawError):
    """{backbone} needs photos of at least {minimum} px. Received: {received_size} px. Raise the input size."""


class ShrinksAway(ThawError):
    """{network} would shrink photos of {received_size} px below one pixel: its {poolings} poolings, the last in block {block}, need {minimum} px. Leave a pooling out, or raise the photo size."""


class NetworkTooLarge(ThawError):
    """The network would have {weights} weights, {head} of them in the head, and {limit} may be. Choose global average instead of flatten, smaller dense layers, fewer filters, or smaller photos."""


class WeightsNotFound(ThawError):
    """The weights file {name} is not in {folder}. Put it there, or choose "imagenet" or none."""


class WeightsChanged(ThawError):
    """The kept weights {path} are not what they were kept as: their content has no longer the hash they are kept under. Delete that file or folder; it is made again when it is needed."""


class WeightsMismatch(ThawError):
    """The weights file {name} doesn't fit {backbone}: {reason}. Choose the file made for this backbone."""


class WeightsUnavailable(ThawError):
    """ImageNet weights of {backbone} can't be fetched ({reason}). Put {file} into the THAW_WEIGHTS folder, or choose weights "none"."""


class BatchOfOne(ThawError):
    """{operation} mixes the photos of a batch with each other, so a batch needs two photos at least. Received: a batch of {received}."""


class BatchTooLarge(ThawError):
    """Phase {phase} trains in batches of {received} photos, but its epoch shows {photos}. Use a batch of {photos} or fewer, or add photos."""


class TooManyCopies(ThawError):
    """{copies} fixed copies would take {size} GB, and {limit} GB may be. Use fewer copies, smaller photos, or draw them anew in each epoch."""


class UnknownKept(ThawError):
    """There is no kept output {entry}, or more than one begins so. List them with `cache list`."""


class TrainingFailed(ThawError):
    """Training stopped: {reason}"""


# Runs


class UnknownRun(ThawError):
    """There is no run {run}. List them with `runs` or on the Compare page."""


class RunDeleted(UnknownRun):
    """Run {name} was deleted. Bring it back with `restore {run}` or on the Compare page under "More"."""


class RunNotDeleted(ThawError):
    """Run {name} is not deleted, so there is nothing to bring back."""


class RunStillThere(ThawError):
    """Run {name} is not deleted. Delete it first; only deleted runs are deleted for good."""


class RunKeptElsewhere(ThawError):
    """Runs are kept by the tracker at {uri}, not in Thaw's data folder. `mlflow gc` there deletes them for good."""


class RunActive(ThawError):
    """Run {name} is {status}. Cancel it first, then delete it."""


class AmbiguousRun(ThawError):
    """{run} fits more than one run: {matches}. Give more letters of the id."""


class RunNotFinished(ThawError):
    """Run {name} is {status}; only finished runs have predictions. Wait until it is finished."""


class RunNotActive(ThawError):
    """Run {name} is already {status}; there is nothing to cancel."""


class RunNotRetryable(ThawError):
    """Run {name} is {status}; only failed or cancelled runs can be tried again."""


class RunFileMissing(ThawError):
    """Run {name} has no file {file}; it was removed from the artifacts folder. Train it again (`train --again`)."""


class BadTag(ThawError):
    """{tag} can't be used as a tag: {reason}. Tags are short words."""


class BadNote(ThawError):
    """The note can't be kept: {reason}. Write less."""


class BadCosts(ThawError):
    """The costs {name} can't be used: {reason}."""


class DifferentTest(ThawError):
    """Run {name} was tested on other photos ({received}) than {reference} ({expected}), so their figures can't be compared or combined."""


class TooFewRuns(ThawError):
    """{verb} needs at least {needed} runs. Received: {received}."""


class NoAnswers(ThawError):
    """None of these runs has answers on {part} photos, so there is nothing to compare. Choose the other part, or runs that have them."""


class BadPredictions(ThawError):
    """{name} can't be used as predictions: {reason}."""


class NeedsProbabilities(ThawError):
    """{rule} needs probabilities, but {name} only brought labels. Use the majority vote or leave that member out."""


class NoWeights(ThawError):
    """All members weigh 0, so nobody's answer counts. Give at least one member a weight."""


class NoSubsets(ThawError):
    """Stacking learns anew for every set of members, so its sets are not looked at one by one. Choose another rule for that, the mean of probabilities for one."""


class BadWeights(ThawError):
    """The weights must be one number from 0 to 1000 a run, with commas between, in the order of the runs: {runs} runs here. Received: {received}."""


class NestedEnsemble(ThawError):
    """{name} is a saved ensemble, and an ensemble can't be a member of another. Choose the runs that are its members instead: {members}."""


class MemberGone(ThawError):
    """The ensemble {name} needs its member {member}, which {reason}. The figures it was saved with stay."""


class NoNetwork(ThawError):
    """{name} can't answer new photos: {reason}. Choose a run that was trained here, or an ensemble of such runs."""


class TooManyPhotos(ThawError):
    """{received} photos are more than are answered at once. Name {limit} at most."""


class NoneAnswered(ThawError):
    """None of these files could be read as a photo. The first is {path}: {reason}."""


class NoViews(ThawError):
    """Photos can't be seen in views drawn by the recipe {recipe}: {reason}. Choose a recipe of flips, shifts, turns or colours."""


class BadViews(ThawError):
    """{what} can be {least} to {most}. Received: {received}."""


class ViewsFailed(ThawError):
    """The views were not answered: {reason}"""


class StoreUnavailable(ThawError):
    """The run store can't be opened ({reason}). Check free disk space and that THAW_HOME can be written."""


class StoreBusy(StoreUnavailable):
    """The run store is held by another process ({reason}), so nothing was changed. Try again in a moment; if it stays so, end the program that holds it."""


class DiskFull(StoreUnavailable):
    """The disk of {folder} is full, so this could not be stored; what was stored before is still there. Free some space (“Kept outputs” on the Train page, or `cache clear`, deletes what can be computed again) and try again."""


class FolderReadOnly(StoreUnavailable):
    """Thaw may not write to its data folder {folder} ({reason}). What is there can still be looked at. Make the folder writable for the user who runs Thaw (whose is it, and is its disk mounted read-only?), or name another one in THAW_HOME."""


class StoreDamaged(StoreUnavailable):
    """The run store {file} is damaged: {reason}. {way_back}"""


class StoreMissing(StoreDamaged):
    """The run store {file} is gone: {reason}. {way_back}"""


class NothingToRestore(ThawError):
    """The run store {file} is whole, so nothing was done. `store restore --force` goes back to its newest backup all the same."""


class NoLocalStore(ThawError):
    """Runs are kept by the tracker at {uri}, not in Thaw's data folder. Check and back it up where it runs."""


class RunDamaged(ThawError):
    """The record of run {run} can't be read any more. `store check` says what else is damaged, and `store restore` goes back to a backup."""


# Classes


class NotYours(ThawError):
    """“{name}” belongs to {owner}. Only they or the teacher can change it."""


class TooManyWaiting(ThawError):
    """You have {waiting} trainings waiting; with {more} more it would be above {most}, the most of one visitor. Wait until some have run, or cancel one."""


class DiskQuota(ThawError):
    """Your photos and runs take {used} GB; with {more} GB more it would be above {most} GB, the most of one visitor. Ask the teacher for more room, or to empty the bin of your deleted runs."""


class BadLimits(ThawError):
    """{what} must be from {least} to {most}. Received: {received}."""


class UploadGone(ThawError):
    """The upload of {name} is no longer there: it waited for too long, or the server was started again. Choose the file once more."""
